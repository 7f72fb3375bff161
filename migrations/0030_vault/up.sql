-- The master key wraps other keys and nothing else, so that it can be changed. Keys of hashes and pseudonyms stay the same for ever:
-- one row, random, wrapped. Before this they came from the master key itself, and a database that has used them goes on with those:
-- its row is empty until a server with that one key has started.
create table vault.kept (
  one boolean default true constraint kept_pkey primary key constraint kept_is_one check (one),
  wrapped bytea
);
insert into vault.kept (wrapped)
select null where exists (select from organization) or exists (select from application);
alter table vault.kept enable row level security;
alter table vault.kept force row level security;
create policy keeper on vault.kept to mistok_owner using (true) with check (true);
create policy opened on vault.kept for select to mistok_app using ((select mistok.current_errand()) = 'open');
create policy made on vault.kept for insert to mistok_app with check ((select mistok.current_errand()) = 'open');
create policy filled on vault.kept for update to mistok_app using ((select mistok.current_errand()) = 'open' and wrapped is null)
  with check ((select mistok.current_errand()) = 'open');
grant select, insert, update (wrapped) on vault.kept to mistok_app;
