drop table deprecated_use;
alter table application drop constraint application_is_of_one_organization;
