-- How the database stands, for who runs it: counts and ages, no row and no id. Where there is much, counting ends at 100,000.

-- Clocks that run past their due time.
create index referral_clock_breached on referral_clock (phase) where breached_at is not null and stopped_at is null;

create function mistok.measured()
returns table (feed_lag double precision, webhooks bigint, webhook_age double precision, root_age double precision)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  moment timestamptz := mistok.now();
begin
  if mistok.current_errand() is distinct from 'measure' then
    return;
  end if;
  return query
  select
    -- Written and not told: an older transaction still runs.
    coalesce((select extract(epoch from moment - min(n.at)) from change_audience n
      where n.epoch = mistok.current_epoch() and n.tx >= pg_snapshot_xmin(pg_current_snapshot())), 0)::double precision,
    w.count, w.age, coalesce((select extract(epoch from moment - max(r.at)) from audit_root r), 0)::double precision
  from (
    select count(*) as count, coalesce(extract(epoch from moment - min(d.created_at)), 0)::double precision as age
    from (select p.created_at from webhook_delivery p where p.status = 'PENDING' limit 100000) d
  ) w;
end $$;

create function mistok.clocks_breached() returns table (phase text, count bigint)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin
  if mistok.current_errand() is distinct from 'measure' then
    return;
  end if;
  return query
  select p.phase, (select count(*) from (select from referral_clock c
    where c.phase = p.phase and c.breached_at is not null and c.stopped_at is null limit 100000) counted)
  from unnest(array['RESPOND', 'FIRST_CONTACT', 'COMPLETE']) p (phase);
end $$;

revoke execute on function mistok.measured(), mistok.clocks_breached() from public;
grant execute on function mistok.measured(), mistok.clocks_breached() to mistok_app;
