alter table change_audience alter epoch set default 1;
alter table change alter epoch set default 1;
drop function mistok.begin_epoch();
drop function mistok.current_epoch();
drop table feed_epoch;
