-- The functions as they were.

drop function mistok.shared(uuid[], text[]);
CREATE OR REPLACE FUNCTION mistok.agreed_until(memorandum uuid, one uuid, other uuid)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  with recursive chain as (
    select a.memorandum_id as id, least(coalesce(a.bound_until, 'infinity'), coalesce(b.bound_until, 'infinity')) as until
    from memorandum_party a join memorandum_party b on b.memorandum_id = a.memorandum_id and b.organization_id = $3
    where a.memorandum_id = $1 and a.organization_id = $2 and a.bound_from is not null and b.bound_from is not null
    union all
    -- One that had ended before it began binds nobody: it lengthens nothing.
    select m.id, case when greatest(a.bound_from, b.bound_from) < least(a.bound_until, b.bound_until) is not false
      then greatest(c.until, least(coalesce(a.bound_until, 'infinity'), coalesce(b.bound_until, 'infinity'))) else c.until end
    from chain c join memorandum m on m.supersedes_id = c.id
      join memorandum_party a on a.memorandum_id = m.id and a.organization_id = $2 and a.bound_from is not null
      join memorandum_party b on b.memorandum_id = m.id and b.organization_id = $3 and b.bound_from is not null
    where greatest(a.bound_from, b.bound_from) <= least(c.until + interval '30 days', mistok.now())
  )
  select max(until) from chain
$function$;

CREATE OR REPLACE FUNCTION mistok.readable(r referral)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select r.sender_id = mistok.current_org()
    or (r.sent_at is not null and r.receiver_id = mistok.current_org() and r.redaction_requested_at is null
      and (r.status in ('ACCEPTED', 'IN_PROGRESS', 'ON_HOLD')
        or (r.status = 'RECEIVED' and r.legal_basis <> 'CONSENT')
        or (r.status in ('COMPLETED', 'NOT_COMPLETED') and (mistok.now() at time zone 'Europe/Kyiv')::date <= r.retention_until))
      and (r.legal_basis <> 'CONSENT' or exists (
        select from consent c where c.id = r.consent_id and c.withdrawn_at is null and c.expires_at > mistok.now()))
      -- What was completed has its own days; one that was never signed opens nothing.
      and (r.memorandum_id is null or case when r.status in ('COMPLETED', 'NOT_COMPLETED')
        then mistok.agreed_until(r.memorandum_id, r.sender_id, r.receiver_id) is not null
        else mistok.agreed_until(r.memorandum_id, r.sender_id, r.receiver_id) + interval '30 days' > mistok.now() end))
$function$;

CREATE OR REPLACE FUNCTION mistok.told_until(r referral)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select case when r.memorandum_id is null or r.sender_id = mistok.current_org() then 'infinity'
    else mistok.agreed_until(r.memorandum_id, r.sender_id, r.receiver_id) end
$function$;

CREATE OR REPLACE FUNCTION mistok.shared(ids uuid[])
 RETURNS TABLE(referral_id uuid, person_id uuid, wrapped bytea, object_id uuid, slot text, content bytea)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  with seen as (select r.*, mistok.readable(r) as readable, mistok.told_until(r) as told_until from referral r
    where r.id = any(ids) and (r.sender_id = mistok.current_org() or (r.sent_at is not null and r.receiver_id = mistok.current_org())))
  select r.id, r.person_id, k.wrapped, s.object_id, s.slot, s.content
  from seen r
  join vault.person_key k on k.person_id = r.person_id
  left join referral_kept was on was.referral_id = r.id and was.kept_at >= r.told_until
  cross join lateral (
    select s.object_id, s.slot, s.content from sealed s where r.readable and was.referral_id is null and s.object_id = r.person_id and s.slot = 'PERSON'
    union all select s.object_id, s.slot, s.content from sealed s where r.readable and was.referral_id is null and s.object_id = r.case_id and s.slot = 'FACTORS'
    union all select r.person_id, 'PERSON', was.person where r.readable and was.person is not null
    union all select r.case_id, 'FACTORS', was.factors where r.readable and was.factors is not null
    union all select s.object_id, s.slot, s.content from sealed s where r.readable and s.object_id = r.id and s.slot in ('REASON', 'JUSTIFICATION', 'DISCLOSED')
    union all select s.object_id, s.slot, s.content from referral_event e join sealed s on s.object_id = e.id and s.slot = 'NOTE' where r.readable and e.referral_id = r.id
      and (e.at <= r.told_until or e.organization_id = mistok.current_org())
    union all (select s.object_id, s.slot, s.content from assessment a join sealed s on s.object_id = a.id and s.slot = 'SUMMARY'
      where r.readable and a.case_id = r.case_id and a.purpose = 'SOCIAL_SERVICES' and a.at <= r.told_until order by a.assessed_on desc, a.at desc limit 1)
    -- Before acceptance: age band, sex and target group, and only if the consent names DEMOGRAPHICS.
    union all select s.object_id, s.slot, s.content from sealed s where s.object_id = r.id and s.slot = 'DEMOGRAPHICS'
      and (r.readable or (r.status in ('SENT', 'RECEIVED') and r.told_until > mistok.now() and exists (select from consent c where c.id = r.consent_id
        and 'DEMOGRAPHICS' = any(c.field_groups) and c.withdrawn_at is null and c.expires_at > mistok.now())))
  ) s
$function$;

CREATE OR REPLACE FUNCTION mistok.shared_case(ids uuid[])
 RETURNS TABLE(referral_id uuid, household_size integer, primary_category text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select r.id, case when was.referral_id is null then c.household_size else was.household_size end,
    case when was.referral_id is null then c.primary_category else was.primary_category end
  from referral r join "case" c on c.id = r.case_id
  left join referral_kept was on was.referral_id = r.id and was.kept_at >= mistok.told_until(r)
  where r.id = any(ids) and mistok.readable(r)
$function$;

CREATE OR REPLACE FUNCTION mistok.shared_services(ids uuid[])
 RETURNS TABLE(referral_id uuid, service_id uuid, month date, quantity bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select r.id, d.service_id, date_trunc('month', d.occurred_on)::date, sum(d.quantity)
  from referral r join service_delivery d on d.case_id = r.case_id and d.organization_id = r.sender_id and not d.voided
  where r.id = any(ids) and mistok.readable(r) and d.created_at <= mistok.told_until(r)
  group by r.id, d.service_id, date_trunc('month', d.occurred_on)
  order by 3, 2
$function$;

CREATE OR REPLACE FUNCTION mistok.keep_what_was(person uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  insert into referral_kept (referral_id, kept_at, person, factors, primary_category, household_size)
  select r.id, mistok.now(), p.content, f.content, c.primary_category, c.household_size
  from referral r
    left join sealed p on p.object_id = r.person_id and p.slot = 'PERSON'
    left join sealed f on f.object_id = r.case_id and f.slot = 'FACTORS'
    left join "case" c on c.id = r.case_id
    left join referral_kept k on k.referral_id = r.id
    cross join lateral (select mistok.agreed_until(r.memorandum_id, r.sender_id, r.receiver_id) as at) ended
  where r.person_id = $1 and r.memorandum_id is not null and r.redaction_requested_at is null
    and r.status in ('ACCEPTED', 'IN_PROGRESS', 'ON_HOLD', 'COMPLETED', 'NOT_COMPLETED')
    and ended.at <= mistok.now() and (k.kept_at is null or k.kept_at < ended.at)
  on conflict (referral_id) do update set kept_at = excluded.kept_at, person = excluded.person, factors = excluded.factors,
    primary_category = excluded.primary_category, household_size = excluded.household_size
$function$;

drop function mistok.opened(uuid[]);
drop function mistok.agreed_until(uuid[], uuid[], uuid[]);
revoke execute on function mistok.agreed_until(uuid, uuid, uuid), mistok.readable(referral), mistok.told_until(referral), mistok.shared(uuid[]) from public;
grant execute on function mistok.shared(uuid[]) to mistok_app;
