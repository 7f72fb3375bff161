drop table deprecated_use;
