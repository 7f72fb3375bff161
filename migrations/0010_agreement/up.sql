-- What memoranda decide of a referral: the one under which it was sent, what ends with it, and who has acknowledged that a person
-- may no longer be read.

alter table referral add memorandum_id uuid constraint referral_memorandum references memorandum; -- chosen when it was sent, and fixed
create index referral_memorandum on referral (memorandum_id, status);
-- Not only retention: whatever takes a readable person away asks the receiver to acknowledge it.
alter table referral rename redacted_at to redaction_requested_at;
alter table referral add redaction_acknowledged_at timestamptz;
alter table referral add constraint referral_redaction_is_asked_for_first check (redaction_acknowledged_at is null or redaction_requested_at is not null);
grant update (memorandum_id, redaction_acknowledged_at) on referral to mistok_app;

alter table referral drop constraint referral_status_reason_is_a_word;
alter table referral add constraint referral_status_reason_is_a_word check (status_reason in (
    'NOT_ELIGIBLE', 'NO_CAPACITY', 'OUT_OF_AREA', 'SERVICE_NOT_PROVIDED', 'DUPLICATE', 'INSUFFICIENT_INFORMATION', 'WAITING_LIST',
    'CLIENT_UNAVAILABLE', 'AWAITING_DOCUMENTS', 'SECURITY_SITUATION', 'NO_SHOW', 'UNREACHABLE', 'CLIENT_DECLINED', 'MOVED', 'DECEASED',
    'CONSENT_WITHDRAWN', 'CONSENT_EXPIRED', 'MEMORANDUM_ENDED', 'NEED_CEASED', 'SENT_BY_MISTAKE', 'PROVIDER_CLOSED', 'OTHER'));

alter table referral_party add redaction_pending boolean not null default false; -- asked for, not acknowledged
create index referral_party_redaction on referral_party (org_id, seen_at desc, referral_id desc) where redaction_pending;
create or replace function mistok.keep_referral_party() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  due timestamptz := case when new.status in ('SENT', 'RECEIVED') then new.respond_by else '9999-12-31 00:00+00' end;
  pending boolean := new.redaction_requested_at is not null and new.redaction_acknowledged_at is null;
begin
  insert into referral_party (org_id, referral_id, role, status, seen_at, updated_at, due_at, number, urgency, legal_basis, outcome, service_id, counterparty_id, centre_id, case_id, redaction_pending)
  values (new.sender_id, new.id, 'SENDER', new.status, new.created_at, new.updated_at, due, new.number, new.urgency, new.legal_basis, new.outcome, new.service_id, new.receiver_id, new.sender_centre_id, new.case_id, pending)
  on conflict (referral_id, org_id) do update set status = excluded.status, updated_at = excluded.updated_at, due_at = excluded.due_at,
    urgency = excluded.urgency, legal_basis = excluded.legal_basis, outcome = excluded.outcome, service_id = excluded.service_id, centre_id = excluded.centre_id, redaction_pending = excluded.redaction_pending;
  if new.sent_at is not null then
    insert into referral_party (org_id, referral_id, role, status, seen_at, updated_at, due_at, number, urgency, legal_basis, outcome, service_id, counterparty_id, centre_id, case_id, redaction_pending)
    values (new.receiver_id, new.id, 'RECEIVER', new.status, new.sent_at, new.updated_at, due, new.number, new.urgency, new.legal_basis, new.outcome, new.service_id, new.sender_id, new.receiver_centre_id, null, pending)
    on conflict (referral_id, org_id) do update set status = excluded.status, updated_at = excluded.updated_at, due_at = excluded.due_at,
      outcome = excluded.outcome, centre_id = excluded.centre_id, redaction_pending = excluded.redaction_pending;
  end if;
  return null;
end $$;

drop trigger referral_terms_are_fixed_when_sent on referral;
create trigger referral_terms_are_fixed_when_sent before update on referral for each row
  when (old.sent_at is not null and ((old.sender_centre_id, old.service_id, old.territory_code, old.urgency, old.legal_basis, old.legal_ground, old.consent_id,
      old.minor, old.safety_flag, old.sent_at, old.respond_by, old.memorandum_id)
    is distinct from (new.sender_centre_id, new.service_id, new.territory_code, new.urgency, new.legal_basis, new.legal_ground, new.consent_id,
      new.minor, new.safety_flag, new.sent_at, new.respond_by, new.memorandum_id)
    or (old.accepted_at is not null and (old.accepted_at, old.shared_groups) is distinct from (new.accepted_at, new.shared_groups))))
  execute function mistok.refuse('the terms of a referral that was sent are fixed');
create trigger referral_redaction_is_final before update on referral for each row
  when ((old.redaction_requested_at is not null and new.redaction_requested_at is distinct from old.redaction_requested_at)
    or (old.redaction_acknowledged_at is not null and new.redaction_acknowledged_at is distinct from old.redaction_acknowledged_at)
    or (new.redaction_acknowledged_at is distinct from old.redaction_acknowledged_at and mistok.current_org() is distinct from old.receiver_id))
  execute function mistok.refuse('what was hidden stays hidden, and its receiver acknowledges it once');

-- A memorandum of others, or one that a side has not signed, opens no way.
create function mistok.keep_referral_memorandum() returns trigger language plpgsql as $$
begin
  if not exists (select from public.memorandum_party a join public.memorandum_party b on b.memorandum_id = a.memorandum_id
      where a.memorandum_id = new.memorandum_id and a.organization_id = new.sender_id and b.organization_id = new.receiver_id
        and a.status = 'SIGNED' and b.status = 'SIGNED') then
    raise exception 'a memorandum binds those who have signed it' using errcode = 'check_violation', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger referral_memorandum_binds_both before insert on referral for each row
  when (new.memorandum_id is not null) execute function mistok.keep_referral_memorandum();
create trigger referral_memorandum_binds_both_anew before update on referral for each row
  when (new.memorandum_id is not null and new.memorandum_id is distinct from old.memorandum_id) execute function mistok.keep_referral_memorandum();

-- Until when two organisations are bound by a memorandum or a renewal that went on from it. A renewal that comes later than
-- the 30 days in which what was accepted may be finished is a new beginning. The same rule as `memorandum/standing`.
create function mistok.agreed_until(memorandum uuid, one uuid, other uuid) returns timestamptz
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
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
$$;
revoke execute on function mistok.agreed_until(uuid, uuid, uuid) from public;

create or replace function mistok.readable(r referral) returns boolean language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
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
$$;

create or replace function mistok.shared(ids uuid[]) returns table (
  referral_id uuid, person_id uuid, wrapped bytea, object_id uuid, slot text, content bytea
) language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with seen as (select r.*, mistok.readable(r) as readable,
      case when r.memorandum_id is null or r.sender_id = mistok.current_org() then 'infinity'
        else mistok.agreed_until(r.memorandum_id, r.sender_id, r.receiver_id) end as agreed_until
    from referral r
    where r.id = any(ids) and (r.sender_id = mistok.current_org() or (r.sent_at is not null and r.receiver_id = mistok.current_org())))
  select r.id, r.person_id, k.wrapped, s.object_id, s.slot, s.content
  from seen r
  join vault.person_key k on k.person_id = r.person_id
  cross join lateral (
    select s.object_id, s.slot, s.content from sealed s where r.readable and s.object_id = r.person_id and s.slot = 'PERSON'
    union all select s.object_id, s.slot, s.content from sealed s where r.readable and s.object_id = r.case_id and s.slot = 'FACTORS'
    union all select s.object_id, s.slot, s.content from sealed s where r.readable and s.object_id = r.id and s.slot in ('REASON', 'JUSTIFICATION', 'DISCLOSED')
    union all select s.object_id, s.slot, s.content from referral_event e join sealed s on s.object_id = e.id and s.slot = 'NOTE' where r.readable and e.referral_id = r.id
      and (e.at <= r.agreed_until or e.organization_id = mistok.current_org())
    union all (select s.object_id, s.slot, s.content from assessment a join sealed s on s.object_id = a.id and s.slot = 'SUMMARY'
      where r.readable and a.case_id = r.case_id and a.purpose = 'SOCIAL_SERVICES' and a.at <= r.agreed_until order by a.assessed_on desc, a.at desc limit 1)
    -- Before acceptance: age band, sex and target group, and only if the consent names DEMOGRAPHICS.
    union all select s.object_id, s.slot, s.content from sealed s where s.object_id = r.id and s.slot = 'DEMOGRAPHICS'
      and (r.readable or (r.status in ('SENT', 'RECEIVED') and r.agreed_until > mistok.now() and exists (select from consent c where c.id = r.consent_id
        and 'DEMOGRAPHICS' = any(c.field_groups) and c.withdrawn_at is null and c.expires_at > mistok.now())))
  ) s
$$;
