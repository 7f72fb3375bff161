-- As in 0036.
drop function mistok.subjects(uuid[], text[]);
drop function mistok.opened(uuid[]);

create or replace function mistok.agreed_until(memoranda uuid[], ones uuid[], others uuid[])
returns table (memorandum uuid, one uuid, other uuid, until timestamptz, holds uuid)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  at timestamptz := mistok.now();
begin
  return query
  with recursive pair as (
    select distinct p.memorandum, p.one, p.other from unnest(memoranda, ones, others) p (memorandum, one, other)
  ), chain as (
    select p.memorandum, p.one, p.other, 0 as place, p.memorandum as id, own.until, own.until as so_far
    from pair p
      join memorandum_party a on a.memorandum_id = p.memorandum and a.organization_id = p.one and a.bound_from is not null
      cross join lateral (select m.bound_until from memorandum_party m
        where m.memorandum_id = p.memorandum and m.organization_id = p.other and m.bound_from is not null offset 0) b
      cross join lateral (select least(coalesce(a.bound_until, 'infinity'), coalesce(b.bound_until, 'infinity')) as until) own
    union all
    -- One that had ended before it began binds nobody: it lengthens nothing.
    select c.memorandum, c.one, c.other, c.place + 1, m.id, own.until, greatest(c.so_far, own.until)
    from chain c join public.memorandum m on m.supersedes_id = c.id
      join memorandum_party a on a.memorandum_id = m.id and a.organization_id = c.one and a.bound_from is not null
      join memorandum_party b on b.memorandum_id = m.id and b.organization_id = c.other and b.bound_from is not null
      cross join lateral (select case when greatest(a.bound_from, b.bound_from) < least(a.bound_until, b.bound_until) is not false
        then least(coalesce(a.bound_until, 'infinity'), coalesce(b.bound_until, 'infinity')) end as until) own
    where greatest(a.bound_from, b.bound_from) <= least(c.so_far + interval '30 days', at)
  )
  select distinct on (c.memorandum, c.one, c.other)
    c.memorandum, c.one, c.other, max(c.so_far) over (partition by c.memorandum, c.one, c.other), c.id
  from chain c where c.until is not null
  order by c.memorandum, c.one, c.other, c.until > at desc, case when c.until > at then c.place end desc, c.until desc, c.place desc;
end $$;

create function mistok.opened(ids uuid[])
returns table (referral_id uuid, sender_id uuid, person_id uuid, case_id uuid, readable boolean, preview boolean, told_until timestamptz,
  consent_groups text[], consent_expires_at timestamptz, consent_withdrawn_at timestamptz, consent_expired_at timestamptz,
  memorandum_id uuid, memorandum_groups text[], retention_days integer, onward_referral boolean, ended_at timestamptz)
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
    select r.* from unnest(ids) asked (id) cross join lateral (
      select id, sender_id, receiver_id, person_id, case_id, status, legal_basis, consent_id, memorandum_id, sent_at, retention_until, redaction_requested_at
      from referral where referral.id = asked.id offset 0) r
    where r.sender_id = own or (r.sent_at is not null and r.receiver_id = own)
  ), bound as (
    select a.memorandum, a.one, a.other, a.until, m.*
    from mistok.agreed_until(
      array(select s.memorandum_id from seen s where s.memorandum_id is not null),
      array(select s.sender_id from seen s where s.memorandum_id is not null),
      array(select s.receiver_id from seen s where s.memorandum_id is not null)) a
    cross join lateral (select id as holds, field_groups as groups, retention_days, onward_referral from memorandum where id = a.holds offset 0) m
  ), known as (
    select r.*, c.id is not null and c.withdrawn_at is null and c.expires_at > at as consented,
      c.field_groups, c.expires_at, c.withdrawn_at, c.expired_at, b.until, b.holds, b.groups, b.retention_days, b.onward_referral
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
    case when r.memorandum_id is null or r.sender_id = own then 'infinity' else r.until end,
    r.field_groups, r.expires_at, r.withdrawn_at, r.expired_at,
    r.holds, r.groups, r.retention_days, r.onward_referral, case when r.until <= at then r.until end
  from known r;
end $$;

create or replace function mistok.behind(ids uuid[], slots text[])
returns table (referral_id uuid,
  consent_groups text[], consent_expires_at timestamptz, consent_withdrawn_at timestamptz, consent_expired_at timestamptz,
  memorandum_id uuid, memorandum_groups text[], retention_days integer, onward_referral boolean, ended_at timestamptz,
  person_id uuid, wrapped bytea, object_id uuid, slot text, content bytea)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
  own uuid := mistok.current_org();
  at timestamptz := mistok.now();
  of_referral text[] := array(select unnest(slots) intersect select unnest(array['REASON', 'JUSTIFICATION', 'DISCLOSED']));
begin
  return query
  with r as materialized (
    select o.*, was.referral_id is null as live, was.person, was.factors
    from mistok.opened(ids) o
      -- Only of what has ended is anything kept.
      left join referral_kept was on was.referral_id = case when o.told_until <= at then o.referral_id end and was.kept_at >= o.told_until
  )
  select r.referral_id, r.consent_groups, r.consent_expires_at, r.consent_withdrawn_at, r.consent_expired_at,
    r.memorandum_id, r.memorandum_groups, r.retention_days, r.onward_referral, r.ended_at,
    s.person_id, s.wrapped, s.object_id, s.slot, s.content
  from r
  left join lateral (
    select k.person_id, k.wrapped, s.object_id, s.slot, s.content
    from vault.person_key k cross join lateral (
      select s.object_id, s.slot, s.content from sealed s
        where r.readable and r.live and 'PERSON' = any(slots) and s.object_id = r.person_id and s.slot = 'PERSON'
      union all select r.person_id, 'PERSON', r.person where r.readable and r.person is not null and 'PERSON' = any(slots)
      union all select s.object_id, s.slot, s.content from sealed s
        where r.readable and r.live and 'FACTORS' = any(slots) and s.object_id = r.case_id and s.slot = 'FACTORS'
      union all select r.case_id, 'FACTORS', r.factors where r.readable and r.factors is not null and 'FACTORS' = any(slots)
      union all select s.object_id, s.slot, s.content from sealed s
        where r.readable and of_referral <> '{}' and s.object_id = r.referral_id and s.slot = any(of_referral)
      union all select s.object_id, s.slot, s.content from sealed s
        where r.preview and 'DEMOGRAPHICS' = any(slots) and s.object_id = r.referral_id and s.slot = 'DEMOGRAPHICS'
      union all select s.object_id, s.slot, s.content from referral_event e join sealed s on s.object_id = e.id and s.slot = 'NOTE'
        where r.readable and 'NOTE' = any(slots) and e.referral_id = r.referral_id and (e.at <= r.told_until or e.organization_id = own)
      union all (select s.object_id, s.slot, s.content from assessment a join sealed s on s.object_id = a.id and s.slot = 'SUMMARY'
        where r.readable and 'SUMMARY' = any(slots) and a.case_id = r.case_id and a.purpose = 'SOCIAL_SERVICES' and a.at <= r.told_until
        order by a.assessed_on desc, a.at desc limit 1)
    ) s
    where k.person_id = r.person_id and (r.readable or r.preview) and slots <> '{}'
  ) s on true;
end $$;

revoke execute on function mistok.opened(uuid[]) from public;
