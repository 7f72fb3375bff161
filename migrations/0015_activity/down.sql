drop table recording, service_delivery, activity, group_member, "group", former_version;
drop function mistok.keep_former_version();
alter table "case" drop constraint case_is_of_one_organization;
alter table "case" drop sex, drop age_band;
