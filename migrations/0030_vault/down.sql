-- What has worked with these keys does not go on without them: secrets, lookups, pseudonyms and cursors are none any more.
drop table vault.kept;
