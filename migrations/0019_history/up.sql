-- What the sender has done for a person, as far as a receiver may read it: by month and service, never row by row.
create function mistok.shared_services(ids uuid[]) returns table (referral_id uuid, service_id uuid, month date, quantity bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select r.id, d.service_id, date_trunc('month', d.occurred_on)::date, sum(d.quantity)
  from referral r join service_delivery d on d.case_id = r.case_id and d.organization_id = r.sender_id and not d.voided
  where r.id = any(ids) and mistok.readable(r) and d.created_at <= mistok.told_until(r)
  group by r.id, d.service_id, date_trunc('month', d.occurred_on)
  order by 3, 2
$$;
revoke execute on function mistok.shared_services(uuid[]) from public;
grant execute on function mistok.shared_services(uuid[]) to mistok_app;

-- How long answers took, for a release: the median of the referrals answered in a month, of each place with how many they were.
create function mistok.median_hours(first date, last date) returns table (level text, place text, base bigint, hours bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with answered as (
    select t.code, t.region_code, r.sender_centre_id as centre_id, extract(epoch from a.at - r.sent_at) / 3600 as hours
    from referral r join territory t on t.code = r.territory_code
      cross join lateral (select coalesce(r.accepted_at, case when r.status = 'DECLINED' then r.ended_at end) as at) a
    where mistok.current_errand() = 'release' and r.sent_at is not null and r.status <> 'ENTERED_IN_ERROR'
      and (a.at at time zone 'Europe/Kyiv')::date between $1 and $2
  ), places as (
    select 'COUNTRY' as level, 'UA' as place, hours from answered
    union all select 'REGION', region_code, hours from answered
    union all select 'HROMADA', code, hours from answered
    union all select 'CENTRE', centre_id::text, hours from answered where centre_id is not null
  )
  select level, place, count(*), greatest(1, round(percentile_cont(0.5) within group (order by hours)))::bigint from places group by 1, 2
$$;
revoke execute on function mistok.median_hours(date, date) from public;
grant execute on function mistok.median_hours(date, date) to mistok_app;
