alter table offering drop constraint offering_centre_exists;
drop index offering_centre;
drop table centre_post, centre_status, centre;
