drop table observation;
