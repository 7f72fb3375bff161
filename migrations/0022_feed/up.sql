-- The feed of changes is read in the order in which transactions began to write, below the oldest one that still runs: so it has no gap.
-- After a logical restore transaction ids start anew in another cluster: then a new epoch begins, and what is written in it comes after
-- everything that was before.
create table feed_epoch (
  epoch integer constraint feed_epoch_pkey primary key,
  system_identifier bigint not null, -- of the cluster that wrote in it
  began_at timestamptz not null
);
insert into feed_epoch select 1, system_identifier, now() from pg_control_system();
alter table feed_epoch enable row level security;
alter table feed_epoch force row level security;
create policy keeper on feed_epoch to mistok_owner using (true) with check (true);
create policy seen on feed_epoch for select to mistok_app using (true);
grant select on feed_epoch to mistok_app;

create function mistok.current_epoch() returns integer language sql stable security definer set search_path = pg_catalog, public, pg_temp
  as $$ select max(epoch) from feed_epoch $$;
alter table change alter epoch set default mistok.current_epoch();
alter table change_audience alter epoch set default mistok.current_epoch();

-- Called when a server starts, before it writes anything.
create function mistok.begin_epoch() returns integer language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  lock table feed_epoch in exclusive mode;
  insert into feed_epoch
  select l.epoch + 1, s.system_identifier, now() from pg_control_system() s, (select epoch, system_identifier from feed_epoch order by epoch desc limit 1) l
  where l.system_identifier <> s.system_identifier;
  return mistok.current_epoch();
end $$;
revoke execute on function mistok.current_epoch(), mistok.begin_epoch() from public;
grant execute on function mistok.current_epoch(), mistok.begin_epoch() to mistok_app;
