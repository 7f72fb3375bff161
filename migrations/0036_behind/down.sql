-- As in 0032, 0031 and 0028.
drop function mistok.behind(uuid[], text[]);
drop function mistok.opened(uuid[]);
drop function mistok.agreed_until(uuid[], uuid[], uuid[]);

create function mistok.agreed_until(memoranda uuid[], ones uuid[], others uuid[])
returns table (memorandum uuid, one uuid, other uuid, until timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  at timestamptz := mistok.now();
begin
  return query
  with recursive pair as (
    select distinct p.memorandum, p.one, p.other from unnest(memoranda, ones, others) p (memorandum, one, other)
  ), chain as (
    select p.memorandum, p.one, p.other, p.memorandum as id, least(coalesce(a.bound_until, 'infinity'), coalesce(b.bound_until, 'infinity')) as until
    from pair p
      join memorandum_party a on a.memorandum_id = p.memorandum and a.organization_id = p.one and a.bound_from is not null
      cross join lateral (select m.bound_until from memorandum_party m where m.memorandum_id = p.memorandum and m.organization_id = p.other and m.bound_from is not null offset 0) b
    union all
    -- One that had ended before it began binds nobody: it lengthens nothing.
    select c.memorandum, c.one, c.other, m.id, case when greatest(a.bound_from, b.bound_from) < least(a.bound_until, b.bound_until) is not false
      then greatest(c.until, least(coalesce(a.bound_until, 'infinity'), coalesce(b.bound_until, 'infinity'))) else c.until end
    from chain c join public.memorandum m on m.supersedes_id = c.id
      join memorandum_party a on a.memorandum_id = m.id and a.organization_id = c.one and a.bound_from is not null
      join memorandum_party b on b.memorandum_id = m.id and b.organization_id = c.other and b.bound_from is not null
    where greatest(a.bound_from, b.bound_from) <= least(c.until + interval '30 days', at)
  )
  select c.memorandum, c.one, c.other, max(c.until) from chain c group by 1, 2, 3;
end $$;

create function mistok.opened(ids uuid[])
returns table (referral_id uuid, sender_id uuid, person_id uuid, case_id uuid, readable boolean, preview boolean, told_until timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
  own uuid := mistok.current_org();
  at timestamptz := mistok.now();
  today date := (at at time zone 'Europe/Kyiv')::date;
begin
  return query
  -- Each by its id, before it is asked whose it is: of one organisation there may be thousands.
  with seen as materialized (
    select r.* from unnest(ids) asked (id) cross join lateral (select * from referral where referral.id = asked.id offset 0) r
    where r.sender_id = own or (r.sent_at is not null and r.receiver_id = own)
  ), bound as (
    select a.* from mistok.agreed_until(
      array(select s.memorandum_id from seen s where s.memorandum_id is not null),
      array(select s.sender_id from seen s where s.memorandum_id is not null),
      array(select s.receiver_id from seen s where s.memorandum_id is not null)) a
  ), known as (
    select r.*, c.id is not null and c.withdrawn_at is null and c.expires_at > at as consented, c.field_groups, b.until
    from seen r
      left join consent c on c.id = r.consent_id
      left join bound b on b.memorandum = r.memorandum_id and b.one = r.sender_id and b.other = r.receiver_id
  )
  select r.id, r.sender_id, r.person_id, r.case_id,
    r.sender_id = own or (r.redaction_requested_at is null
      and (r.status in ('ACCEPTED', 'IN_PROGRESS', 'ON_HOLD')
        or (r.status = 'RECEIVED' and r.legal_basis <> 'CONSENT')
        or (r.status in ('COMPLETED', 'NOT_COMPLETED') and coalesce(today <= r.retention_until, false)))
      and (r.legal_basis <> 'CONSENT' or r.consented)
      -- What was completed has its own days; one that was never signed opens nothing.
      and (r.memorandum_id is null or case when r.status in ('COMPLETED', 'NOT_COMPLETED') then r.until is not null
        else coalesce(r.until + interval '30 days' > at, false) end)),
    -- Before acceptance: age band, sex and target group, and only if the consent names DEMOGRAPHICS.
    r.status in ('SENT', 'RECEIVED') and r.consented and 'DEMOGRAPHICS' = any(r.field_groups)
      and coalesce(case when r.memorandum_id is null or r.sender_id = own then 'infinity' else r.until end > at, false),
    case when r.memorandum_id is null or r.sender_id = own then 'infinity' else r.until end
  from known r;
end $$;

create or replace function mistok.shared(ids uuid[], slots text[] default array['PERSON', 'FACTORS', 'REASON', 'JUSTIFICATION', 'DISCLOSED', 'NOTE', 'SUMMARY', 'DEMOGRAPHICS'])
returns table (referral_id uuid, person_id uuid, wrapped bytea, object_id uuid, slot text, content bytea)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
  own uuid := mistok.current_org();
  of_referral text[] := array(select unnest(slots) intersect select unnest(array['REASON', 'JUSTIFICATION', 'DISCLOSED']));
begin
  return query
  with r as materialized (
    select o.*, was.referral_id is null as live, was.person, was.factors
    from mistok.opened(ids) o left join referral_kept was on was.referral_id = o.referral_id and was.kept_at >= o.told_until
    where o.readable or o.preview
  )
  select r.referral_id, r.person_id, k.wrapped, s.object_id, s.slot, s.content
  from r
  join vault.person_key k on k.person_id = r.person_id
  cross join lateral (
    select s.object_id, s.slot, s.content from sealed s
      where r.readable and r.live and 'PERSON' = any(slots) and s.object_id = r.person_id and s.slot = 'PERSON'
    union all select r.person_id, 'PERSON', r.person where r.readable and r.person is not null and 'PERSON' = any(slots)
    union all select s.object_id, s.slot, s.content from sealed s
      where r.readable and r.live and 'FACTORS' = any(slots) and s.object_id = r.case_id and s.slot = 'FACTORS'
    union all select r.case_id, 'FACTORS', r.factors where r.readable and r.factors is not null and 'FACTORS' = any(slots)
    union all select s.object_id, s.slot, s.content from sealed s
      where r.readable and of_referral <> '{}' and s.object_id = r.referral_id and s.slot = any(of_referral)
    union all select s.object_id, s.slot, s.content from sealed s
      where 'DEMOGRAPHICS' = any(slots) and s.object_id = r.referral_id and s.slot = 'DEMOGRAPHICS'
    union all select s.object_id, s.slot, s.content from referral_event e join sealed s on s.object_id = e.id and s.slot = 'NOTE'
      where r.readable and 'NOTE' = any(slots) and e.referral_id = r.referral_id and (e.at <= r.told_until or e.organization_id = own)
    union all (select s.object_id, s.slot, s.content from assessment a join sealed s on s.object_id = a.id and s.slot = 'SUMMARY'
      where r.readable and 'SUMMARY' = any(slots) and a.case_id = r.case_id and a.purpose = 'SOCIAL_SERVICES' and a.at <= r.told_until
      order by a.assessed_on desc, a.at desc limit 1)
  ) s;
end $$;

create or replace function mistok.shared_case(ids uuid[]) returns table (referral_id uuid, household_size integer, primary_category text)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin
  return query
  select o.referral_id, case when was.referral_id is null then c.household_size else was.household_size end,
    case when was.referral_id is null then c.primary_category else was.primary_category end
  from mistok.opened(ids) o join "case" c on c.id = o.case_id
  left join referral_kept was on was.referral_id = o.referral_id and was.kept_at >= o.told_until
  where o.readable;
end $$;

create or replace function mistok.access_hash(a access) returns bytea language plpgsql stable as $$
begin
  return sha256(convert_to('mistok read 1' || chr(10)
    || mistok.netstring(a.epoch::text) || mistok.netstring(a.tx::text) || mistok.netstring(a.id::text)
    || mistok.netstring(mistok.microseconds(a.at)) || mistok.netstring(a.organization_id::text) || mistok.netstring(a.application_id::text)
    || mistok.netstring(a.acting_for) || mistok.netstring(a.purpose) || mistok.netstring(a.object_type)
    || mistok.netstring(array_to_string(a.object_ids, ',', '-')) || mistok.netstring(mistok.netstrings(a.fields))
    || mistok.netstring(a.request_id), 'UTF8'));
end $$;

revoke execute on function mistok.agreed_until(uuid[], uuid[], uuid[]), mistok.opened(uuid[]) from public;
