drop table vault.kept;
