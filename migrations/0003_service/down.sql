drop table service_type;
