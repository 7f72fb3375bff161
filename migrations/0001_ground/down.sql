drop table lease, idempotency, access, change_audience, change;
drop sequence change_seq;
drop schema mistok cascade;
