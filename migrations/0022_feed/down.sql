drop function mistok.told_after(integer, text, bigint, integer, text, timestamptz, bigint);
drop policy told_to_all on change_audience;
drop policy told on change_audience;
create policy told on change_audience for select to mistok_app
  using (organization_id in ((select mistok.current_org()), '00000000-0000-0000-0000-000000000000'));
alter table change_audience alter epoch set default 1;
alter table change alter epoch set default 1;
drop function mistok.begin_epoch();
drop function mistok.current_epoch();
drop table feed_epoch;
