-- As in 0036, 0010.
create function mistok.shared(ids uuid[], slots text[] default array['PERSON', 'FACTORS', 'REASON', 'JUSTIFICATION', 'DISCLOSED', 'NOTE', 'SUMMARY', 'DEMOGRAPHICS'])
returns table (referral_id uuid, person_id uuid, wrapped bytea, object_id uuid, slot text, content bytea)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin
  return query select b.referral_id, b.person_id, b.wrapped, b.object_id, b.slot, b.content from mistok.behind(ids, slots) b where b.slot is not null;
end $$;
revoke execute on function mistok.shared(uuid[], text[]) from public;
grant execute on function mistok.shared(uuid[], text[]) to mistok_app;

drop trigger organization_makes_an_edition on organization;
drop function mistok.next_registry_edition();
drop table registry_edition;

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

alter table referral_party drop territory_code, drop status_reason, drop created_at, drop sent_at, drop respond_by, drop version;
