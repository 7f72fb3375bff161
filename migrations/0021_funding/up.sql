-- Figures of money: what funding contracts, acts and payments add up to, of each provider, centre and hromada. They count no people
-- and are open to everybody, as sums of what is signed, accepted and paid: no draft, no claim, no line and no document is told.
-- Everybody is told of public money: the Fund's contracts. What a charity pays is its own matter and that of the provider, in whose own
-- figures it counts (`own_too`); and who writes itself a contract of a million million moves nobody's figures but its own.
create index payment_day on payment (paid_on); -- a period, of everybody
create index service_act_accepted on service_act (month) where accepted_kop is not null;

-- Contracts in force on a day, and their amounts on it. Signed by then: a date known in part counts from the last day that it may mean,
-- though not from a later one than that on which the signature was recorded. Not ended: neither by a step nor since the last day of the
-- terms in force has passed. A suspended contract is in force.
create function mistok.contracts_in_force(on_day date, own_too boolean)
returns table (organization_id uuid, centre_id uuid, territory_code text, day date, contracts bigint, amount_kop bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select c.provider_id, c.centre_id, c.territory_code, on_day, count(*), least(sum(t.amount_kop), 9000000000000000000)::bigint
  from funding_contract c
  cross join lateral (
    select x.amount_kop, x.ends_on from contract_terms x where x.contract_id = c.id and (x.effective_on <= on_day or x.number = 0)
    order by x.number desc limit 1
  ) t
  where least(mistok.last_day(c.signed_on), (c.signed_at at time zone 'Europe/Kyiv')::date) <= on_day
    and coalesce(c.ended_on >= on_day, true) and t.ends_on >= on_day
    and (c.of_fund or (own_too and c.provider_id = mistok.current_org()))
  group by 1, 2, 3
$$;

-- Payments less reversals by the month of the day on which each was made, from a day to a day.
create function mistok.payments_made(first date, last date, own_too boolean)
returns table (organization_id uuid, centre_id uuid, territory_code text, day date, amount_kop bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select c.provider_id, c.centre_id, c.territory_code, date_trunc('month', p.paid_on)::date, sum(p.amount_kop)::bigint
  from payment p join funding_contract c on c.id = p.contract_id
  where p.paid_on between $1 and $2
    and (c.of_fund or (own_too and c.provider_id = mistok.current_org()))
  group by 1, 2, 3, 4
$$;

-- What acts of months were accepted for. Of a centre it stands where the centre does, as its services: a contract may be for the hromada
-- that it serves from elsewhere.
create function mistok.acts_accepted(first date, last date, own_too boolean)
returns table (organization_id uuid, centre_id uuid, territory_code text, day date, amount_kop bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select a.provider_id, c.centre_id, coalesce(z.territory_code, c.territory_code), a.month, sum(a.accepted_kop)::bigint
  from service_act a join funding_contract c on c.id = a.contract_id left join centre z on z.id = c.centre_id
  where a.month between $1 and $2 and a.accepted_kop is not null
    and (c.of_fund or (own_too and c.provider_id = mistok.current_org()))
  group by 1, 2, 3, 4
$$;
revoke execute on function mistok.contracts_in_force(date, boolean), mistok.payments_made(date, date, boolean), mistok.acts_accepted(date, date, boolean) from public;
grant execute on function mistok.contracts_in_force(date, boolean), mistok.payments_made(date, date, boolean), mistok.acts_accepted(date, date, boolean) to mistok_app;
