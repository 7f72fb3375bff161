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

-- Two policies in the place of one with a list of two: a list as the first condition of an index gives no order, and each page would
-- read everything that is still to come.
drop policy told on change_audience;
create policy told on change_audience for select to mistok_app using (organization_id = (select mistok.current_org()));
create policy told_to_all on change_audience for select to mistok_app using (organization_id = '00000000-0000-0000-0000-000000000000');

-- The next entries that the asking organisation may know of, in their order: one walk along the key of each of two audiences. Sorts are
-- off, for the planner takes an organisation for an average one and would rather read and sort all that is still to come.
create function mistok.told_after(after_epoch integer, after_tx text, after_seq bigint, until_epoch integer, until_tx text, since timestamptz, most bigint)
returns table (epoch integer, tx xid8, seq bigint, at timestamptz) language sql stable set enable_sort = off set enable_seqscan = off as $$
  select u.epoch, u.tx, u.seq, u.at from (
    (select a.epoch, a.tx, a.seq, a.at from public.change_audience a where a.organization_id = mistok.current_org()
      and (a.epoch, a.tx, a.seq) > (after_epoch, after_tx::xid8, after_seq) and (a.epoch, a.tx) < (until_epoch, until_tx::xid8) and a.at >= since
      order by a.epoch, a.tx, a.seq limit most)
    union all
    (select a.epoch, a.tx, a.seq, a.at from public.change_audience a where a.organization_id = '00000000-0000-0000-0000-000000000000'
      and (a.epoch, a.tx, a.seq) > (after_epoch, after_tx::xid8, after_seq) and (a.epoch, a.tx) < (until_epoch, until_tx::xid8) and a.at >= since
      order by a.epoch, a.tx, a.seq limit most)
  ) u order by u.epoch, u.tx, u.seq limit most
$$;
