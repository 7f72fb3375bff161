-- A list of referrals that shows a glance of each is read from the access table alone: it has that glance now. What is there already gets it in the
-- next migration.
alter table referral_party add territory_code text, add status_reason text, add created_at timestamptz, add sent_at timestamptz,
  add respond_by timestamptz, add version integer;

create or replace function mistok.keep_referral_party() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  due timestamptz := case when new.status in ('SENT', 'RECEIVED') then new.respond_by else '9999-12-31 00:00+00' end;
  pending boolean := new.redaction_requested_at is not null and new.redaction_acknowledged_at is null;
begin
  insert into referral_party (org_id, referral_id, role, status, seen_at, updated_at, due_at, number, urgency, legal_basis, outcome, service_id, counterparty_id, centre_id, case_id, redaction_pending,
    territory_code, status_reason, created_at, sent_at, respond_by, version)
  values (new.sender_id, new.id, 'SENDER', new.status, new.created_at, new.updated_at, due, new.number, new.urgency, new.legal_basis, new.outcome, new.service_id, new.receiver_id, new.sender_centre_id, new.case_id, pending,
    new.territory_code, new.status_reason, new.created_at, new.sent_at, new.respond_by, new.version)
  on conflict (referral_id, org_id) do update set status = excluded.status, updated_at = excluded.updated_at, due_at = excluded.due_at,
    urgency = excluded.urgency, legal_basis = excluded.legal_basis, outcome = excluded.outcome, service_id = excluded.service_id, centre_id = excluded.centre_id, redaction_pending = excluded.redaction_pending,
    territory_code = excluded.territory_code, status_reason = excluded.status_reason, created_at = excluded.created_at, sent_at = excluded.sent_at, respond_by = excluded.respond_by, version = excluded.version;
  if new.sent_at is not null then
    insert into referral_party (org_id, referral_id, role, status, seen_at, updated_at, due_at, number, urgency, legal_basis, outcome, service_id, counterparty_id, centre_id, case_id, redaction_pending,
      territory_code, status_reason, created_at, sent_at, respond_by, version)
    values (new.receiver_id, new.id, 'RECEIVER', new.status, new.sent_at, new.updated_at, due, new.number, new.urgency, new.legal_basis, new.outcome, new.service_id, new.sender_id, new.receiver_centre_id, null, pending,
      new.territory_code, new.status_reason, new.created_at, new.sent_at, new.respond_by, new.version)
    on conflict (referral_id, org_id) do update set status = excluded.status, updated_at = excluded.updated_at, due_at = excluded.due_at,
      outcome = excluded.outcome, centre_id = excluded.centre_id, redaction_pending = excluded.redaction_pending,
      territory_code = excluded.territory_code, status_reason = excluded.status_reason, created_at = excluded.created_at, sent_at = excluded.sent_at, respond_by = excluded.respond_by, version = excluded.version;
  end if;
  return null;
end $$;

-- Which edition of the registry of organisations this is: one that was read is the same as long as nothing of it was changed, whoever changes it.
create table registry_edition (
  -- Microseconds since 1970 at which it was made: no number comes a second time, not even where the database is restored.
  number bigint not null,
  -- The transaction that made it: what one transaction changes is one edition.
  tx xid8 not null,
  single boolean not null default true primary key constraint registry_edition_is_one check (single)
);
insert into registry_edition (number, tx) values ((extract(epoch from clock_timestamp()) * 1000000)::bigint, pg_current_xact_id());
alter table registry_edition enable row level security;
alter table registry_edition force row level security;
create policy keeper on registry_edition to mistok_owner using (true) with check (true);
create policy public on registry_edition for select to mistok_app using (true);
grant select on registry_edition to mistok_app;

create function mistok.next_registry_edition() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update registry_edition set number = greatest(number + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint), tx = pg_current_xact_id()
    where tx <> pg_current_xact_id();
  return null;
end $$;
revoke execute on function mistok.next_registry_edition() from public;
-- At the commit: its row is the last that is held, so that nobody waits in a ring, and for no longer than that.
create constraint trigger organization_makes_an_edition after update or delete on organization
  deferrable initially deferred for each row execute function mistok.next_registry_edition();

-- What the version before the last one asked.
drop function mistok.shared(uuid[], text[]);
