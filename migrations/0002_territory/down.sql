drop table participation, territory;
