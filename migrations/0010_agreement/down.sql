create or replace function mistok.shared(ids uuid[]) returns table (
  referral_id uuid, person_id uuid, wrapped bytea, object_id uuid, slot text, content bytea
) language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with seen as (select r.*, mistok.readable(r) as readable from referral r
    where r.id = any(ids) and (r.sender_id = mistok.current_org() or (r.sent_at is not null and r.receiver_id = mistok.current_org())))
  select r.id, r.person_id, k.wrapped, s.object_id, s.slot, s.content
  from seen r
  join vault.person_key k on k.person_id = r.person_id
  cross join lateral (
    select s.object_id, s.slot, s.content from sealed s where r.readable and s.object_id = r.person_id and s.slot = 'PERSON'
    union all select s.object_id, s.slot, s.content from sealed s where r.readable and s.object_id = r.case_id and s.slot = 'FACTORS'
    union all select s.object_id, s.slot, s.content from sealed s where r.readable and s.object_id = r.id and s.slot in ('REASON', 'JUSTIFICATION', 'DISCLOSED')
    union all select s.object_id, s.slot, s.content from referral_event e join sealed s on s.object_id = e.id and s.slot = 'NOTE' where r.readable and e.referral_id = r.id
    union all (select s.object_id, s.slot, s.content from assessment a join sealed s on s.object_id = a.id and s.slot = 'SUMMARY'
      where r.readable and a.case_id = r.case_id and a.purpose = 'SOCIAL_SERVICES' order by a.assessed_on desc, a.at desc limit 1)
    -- Before acceptance: age band, sex and target group, and only if the consent names DEMOGRAPHICS.
    union all select s.object_id, s.slot, s.content from sealed s where s.object_id = r.id and s.slot = 'DEMOGRAPHICS'
      and (r.readable or (r.status in ('SENT', 'RECEIVED') and exists (select from consent c where c.id = r.consent_id
        and 'DEMOGRAPHICS' = any(c.field_groups) and c.withdrawn_at is null and c.expires_at > mistok.now())))
  ) s
$$;
create or replace function mistok.readable(r referral) returns boolean language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select r.sender_id = mistok.current_org()
    or (r.sent_at is not null and r.receiver_id = mistok.current_org()
      and (r.status in ('ACCEPTED', 'IN_PROGRESS', 'ON_HOLD')
        or (r.status = 'RECEIVED' and r.legal_basis <> 'CONSENT')
        or (r.status in ('COMPLETED', 'NOT_COMPLETED') and (mistok.now() at time zone 'Europe/Kyiv')::date <= r.retention_until))
      and (r.legal_basis <> 'CONSENT' or exists (
        select from consent c where c.id = r.consent_id and c.withdrawn_at is null and c.expires_at > mistok.now())))
$$;
drop function mistok.agreed_until(uuid, uuid, uuid);
drop trigger referral_memorandum_binds_both on referral;
drop trigger referral_memorandum_binds_both_anew on referral;
drop function mistok.keep_referral_memorandum();
drop trigger referral_redaction_is_final on referral;
drop trigger referral_terms_are_fixed_when_sent on referral;
create or replace function mistok.keep_referral_party() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  due timestamptz := case when new.status in ('SENT', 'RECEIVED') then new.respond_by else '9999-12-31 00:00+00' end;
begin
  insert into referral_party (org_id, referral_id, role, status, seen_at, updated_at, due_at, number, urgency, legal_basis, outcome, service_id, counterparty_id, centre_id, case_id)
  values (new.sender_id, new.id, 'SENDER', new.status, new.created_at, new.updated_at, due, new.number, new.urgency, new.legal_basis, new.outcome, new.service_id, new.receiver_id, new.sender_centre_id, new.case_id)
  on conflict (referral_id, org_id) do update set status = excluded.status, updated_at = excluded.updated_at, due_at = excluded.due_at,
    urgency = excluded.urgency, legal_basis = excluded.legal_basis, outcome = excluded.outcome, service_id = excluded.service_id, centre_id = excluded.centre_id;
  if new.sent_at is not null then
    insert into referral_party (org_id, referral_id, role, status, seen_at, updated_at, due_at, number, urgency, legal_basis, outcome, service_id, counterparty_id, centre_id, case_id)
    values (new.receiver_id, new.id, 'RECEIVER', new.status, new.sent_at, new.updated_at, due, new.number, new.urgency, new.legal_basis, new.outcome, new.service_id, new.sender_id, new.receiver_centre_id, null)
    on conflict (referral_id, org_id) do update set status = excluded.status, updated_at = excluded.updated_at, due_at = excluded.due_at,
      outcome = excluded.outcome, centre_id = excluded.centre_id;
  end if;
  return null;
end $$;
drop index referral_party_redaction;
alter table referral_party drop redaction_pending;
alter table referral drop constraint referral_status_reason_is_a_word;
update referral set status_reason = 'OTHER' where status_reason = 'MEMORANDUM_ENDED';
alter table referral add constraint referral_status_reason_is_a_word check (status_reason in (
    'NOT_ELIGIBLE', 'NO_CAPACITY', 'OUT_OF_AREA', 'SERVICE_NOT_PROVIDED', 'DUPLICATE', 'INSUFFICIENT_INFORMATION', 'WAITING_LIST',
    'CLIENT_UNAVAILABLE', 'AWAITING_DOCUMENTS', 'SECURITY_SITUATION', 'NO_SHOW', 'UNREACHABLE', 'CLIENT_DECLINED', 'MOVED', 'DECEASED',
    'CONSENT_WITHDRAWN', 'CONSENT_EXPIRED', 'NEED_CEASED', 'SENT_BY_MISTAKE', 'PROVIDER_CLOSED', 'OTHER'));
alter table referral drop constraint referral_redaction_is_asked_for_first;
alter table referral drop redaction_acknowledged_at;
alter table referral rename redaction_requested_at to redacted_at;
alter table referral drop memorandum_id;
create trigger referral_terms_are_fixed_when_sent before update on referral for each row
  when (old.sent_at is not null and ((old.sender_centre_id, old.service_id, old.territory_code, old.urgency, old.legal_basis, old.legal_ground, old.consent_id,
      old.minor, old.safety_flag, old.sent_at, old.respond_by)
    is distinct from (new.sender_centre_id, new.service_id, new.territory_code, new.urgency, new.legal_basis, new.legal_ground, new.consent_id,
      new.minor, new.safety_flag, new.sent_at, new.respond_by)
    or (old.accepted_at is not null and (old.accepted_at, old.shared_groups) is distinct from (new.accepted_at, new.shared_groups))))
  execute function mistok.refuse('the terms of a referral that was sent are fixed');
