-- As in 0023.
create or replace function mistok.told_to_any_after(after_epoch integer, after_tx text, after_seq bigint, until_epoch integer, until_tx text, most bigint)
returns table (told_id uuid, epoch integer, tx text, seq bigint, at timestamptz, change text, object_type text, object_id uuid, object_version integer)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp set enable_sort = off set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query
  select a.organization_id, a.epoch, a.tx::text, a.seq, a.at, c.type, c.object_type, c.object_id, c.object_version
  from (
    select n.organization_id, n.epoch, n.tx, n.seq, n.at from public.change_audience n
    where mistok.current_errand() in ('follow', 'deliver')
      and (n.epoch, n.tx, n.seq) > (after_epoch, after_tx::xid8, after_seq) and (n.epoch, n.tx) < (until_epoch, until_tx::xid8)
    order by n.epoch, n.tx, n.seq limit most
  ) a join public.change c on c.seq = a.seq and c.at = a.at
  order by a.epoch, a.tx, a.seq;
end $$;
create or replace function mistok.told_is_kept_back(until_epoch integer, until_tx text) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return mistok.current_errand() in ('follow', 'deliver')
    and exists (select from public.change_audience n where (n.epoch, n.tx) >= (until_epoch, until_tx::xid8));
end $$;
create or replace function mistok.told_after(after_epoch integer, after_tx text, after_seq bigint, until_epoch integer, until_tx text, since timestamptz, most bigint)
returns table (epoch integer, tx xid8, seq bigint, at timestamptz) language plpgsql stable set enable_sort = off set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query
  select u.epoch, u.tx, u.seq, u.at from (
    (select a.epoch, a.tx, a.seq, a.at from public.change_audience a where a.organization_id = mistok.current_org()
      and (a.epoch, a.tx, a.seq) > (after_epoch, after_tx::xid8, after_seq) and (a.epoch, a.tx) < (until_epoch, until_tx::xid8) and a.at >= since
      order by a.epoch, a.tx, a.seq limit most)
    union all
    (select a.epoch, a.tx, a.seq, a.at from public.change_audience a where a.organization_id = '00000000-0000-0000-0000-000000000000'
      and (a.epoch, a.tx, a.seq) > (after_epoch, after_tx::xid8, after_seq) and (a.epoch, a.tx) < (until_epoch, until_tx::xid8) and a.at >= since
      order by a.epoch, a.tx, a.seq limit most)
  ) u order by u.epoch, u.tx, u.seq limit most;
end $$;
