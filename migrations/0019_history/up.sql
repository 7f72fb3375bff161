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
