-- A referral: asked by the sender, fulfilled by the receiver, seen alike by both, by nobody else.

create table referral (
  id uuid constraint referral_pkey primary key, -- random: tells of no time and no order
  number text not null constraint referral_number_is_unique unique,
  sender_id uuid not null constraint referral_sender references organization,
  receiver_id uuid not null constraint referral_receiver references organization,
  sender_centre_id uuid constraint referral_sender_centre references centre,
  receiver_centre_id uuid constraint referral_receiver_centre references centre,
  service_id uuid not null constraint referral_service references service_type,
  territory_code text not null constraint referral_territory references territory,
  urgency text not null,
  legal_basis text not null,
  legal_ground text, -- act and article, where there is no consent
  case_id uuid constraint referral_case references "case",
  person_id uuid not null constraint referral_person references person,
  consent_id uuid, -- the sender's own, of this person
  subject_kind text not null,
  minor boolean, -- as of the sending
  safety_flag boolean not null,
  status text not null,
  status_reason text,
  outcome text,
  parent_id uuid constraint referral_parent references referral,
  replaces_id uuid constraint referral_replaces references referral,
  shared_groups text[], -- frozen at acceptance: the groups never grow after it
  created_at timestamptz not null,
  sent_at timestamptz,
  respond_by timestamptz, -- fixed at sending
  accepted_at timestamptz,
  ended_at timestamptz,
  retention_until date, -- last day on which the receiver may read the person after the end
  redacted_at timestamptz, -- when the server has published that retention ended
  updated_at timestamptz not null,
  version integer not null,
  constraint referral_urgency_is_a_word check (urgency in ('EMERGENCY', 'URGENT', 'NORMAL')),
  constraint referral_legal_basis_is_a_word check (legal_basis in ('CONSENT', 'LAW_NOTIFICATION', 'VITAL_INTEREST')),
  constraint referral_subject_kind_is_a_word check (subject_kind in ('PERSON', 'FAMILY', 'GROUP')),
  constraint referral_status_is_a_word check (status in (
    'DRAFT', 'SENT', 'RECEIVED', 'ACCEPTED', 'DECLINED', 'IN_PROGRESS', 'ON_HOLD', 'COMPLETED', 'NOT_COMPLETED', 'CANCELLED', 'ENTERED_IN_ERROR')),
  constraint referral_status_reason_is_a_word check (status_reason in (
    'NOT_ELIGIBLE', 'NO_CAPACITY', 'OUT_OF_AREA', 'SERVICE_NOT_PROVIDED', 'DUPLICATE', 'INSUFFICIENT_INFORMATION', 'WAITING_LIST',
    'CLIENT_UNAVAILABLE', 'AWAITING_DOCUMENTS', 'SECURITY_SITUATION', 'NO_SHOW', 'UNREACHABLE', 'CLIENT_DECLINED', 'MOVED', 'DECEASED',
    'CONSENT_WITHDRAWN', 'CONSENT_EXPIRED', 'NEED_CEASED', 'SENT_BY_MISTAKE', 'PROVIDER_CLOSED', 'OTHER')),
  constraint referral_outcome_is_a_word check (outcome in ('SERVICE_PROVIDED', 'PARTIALLY_PROVIDED', 'REFERRED_ONWARD')),
  constraint referral_consent_is_the_sender_s_of_this_person foreign key (consent_id, sender_id, person_id)
    references consent (id, organization_id, person_id),
  constraint referral_is_between_two check (sender_id <> receiver_id),
  constraint referral_sent_has_its_time check (status in ('DRAFT', 'CANCELLED', 'ENTERED_IN_ERROR') or (sent_at is not null and respond_by is not null)),
  constraint referral_completed_has_an_outcome check ((status = 'COMPLETED') <= (outcome is not null)),
  constraint referral_accepted_froze_its_groups check (accepted_at is null or shared_groups is not null)
);
create index referral_sender on referral (sender_id);
create index referral_receiver on referral (receiver_id);
create index referral_sender_centre on referral (sender_centre_id);
create index referral_receiver_centre on referral (receiver_centre_id);
create index referral_service on referral (service_id);
create index referral_territory on referral (territory_code);
create index referral_case on referral (case_id);
create index referral_person on referral (person_id);
create index referral_consent on referral (consent_id, sender_id, person_id);
create index referral_parent on referral (parent_id);
create index referral_replaces on referral (replaces_id);
create index referral_retention on referral (retention_until) where redacted_at is null;

-- The way in: keys of each party's lists. A path and not a wall: if it is wrong, somebody misses a row, nobody sees one too many.
create table referral_party (
  org_id uuid not null constraint referral_party_organization references organization,
  referral_id uuid not null constraint referral_party_referral references referral,
  role text not null,
  status text not null,
  seen_at timestamptz not null, -- the sender's creation, the receiver's sending
  updated_at timestamptz not null,
  due_at timestamptz not null, -- far in the future where no answer is due: a key may not be null
  number text not null,
  urgency text not null,
  legal_basis text not null,
  outcome text,
  service_id uuid not null,
  counterparty_id uuid not null,
  centre_id uuid,
  case_id uuid,
  constraint referral_party_pkey primary key (referral_id, org_id),
  constraint referral_party_role_is_a_word check (role in ('SENDER', 'RECEIVER'))
);
create index referral_party_newest on referral_party (org_id, seen_at desc, referral_id desc);
create index referral_party_updated on referral_party (org_id, updated_at desc, referral_id desc);
create index referral_party_due on referral_party (org_id, due_at, referral_id);
create index referral_party_status_newest on referral_party (org_id, status, seen_at desc, referral_id desc);
create index referral_party_status_updated on referral_party (org_id, status, updated_at desc, referral_id desc);
create index referral_party_counterparty on referral_party (org_id, counterparty_id, seen_at desc, referral_id desc);
create index referral_party_case on referral_party (org_id, case_id, seen_at desc, referral_id desc);
create index referral_party_number on referral_party (org_id, number);

create function mistok.keep_referral_party() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
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
create trigger keep_referral_party after insert or update on referral for each row execute function mistok.keep_referral_party();

-- The receiver's own case appears in the receiver's list.
create function mistok.keep_referral_case() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update referral_party set case_id = new.id where referral_id = new.referral_id and org_id = new.organization_id;
  return null;
end $$;
create trigger keep_referral_case after insert on "case" for each row when (new.referral_id is not null) execute function mistok.keep_referral_case();
alter table "case" add constraint case_referral foreign key (referral_id) references referral;

-- The history of the shared status. What stands in it before SENT is the sender's alone.
create table referral_event (
  id uuid constraint referral_event_pkey primary key,
  referral_id uuid not null constraint referral_event_referral references referral,
  at timestamptz not null,
  from_status text,
  to_status text not null,
  reason text,
  organization_id uuid constraint referral_event_organization references organization, -- null: the server, when a time had come
  version integer not null
);
create index referral_event_referral on referral_event (referral_id, version);
create index referral_event_organization on referral_event (organization_id);

alter table referral enable row level security;
alter table referral force row level security;
create policy keeper on referral to mistok_owner using (true) with check (true);
-- Written as IN, not OR: no index can serve it, so that the planner keeps to the primary key and the access table.
create policy seen on referral for select to mistok_app
  using ((select mistok.current_org()) in (sender_id, case when sent_at is not null then receiver_id end));
-- Nobody invents a sender, and nobody sends another's person or case (nor uses another's consent: the foreign key says so).
create policy born on referral for insert to mistok_app with check (
  sender_id = (select mistok.current_org())
  and exists (select from person p where p.id = person_id and p.organization_id = sender_id)
  and (case_id is null or exists (select from "case" c where c.id = case_id and c.organization_id = sender_id and c.person_id = referral.person_id)));
create policy moved on referral for update to mistok_app
  using ((select mistok.current_org()) in (sender_id, case when sent_at is not null then receiver_id end))
  with check ((select mistok.current_org()) in (sender_id, case when sent_at is not null then receiver_id end));
create policy ending on referral for select to mistok_app using ((select mistok.current_errand()) = 'expiry');
create policy ended on referral for update to mistok_app using ((select mistok.current_errand()) = 'expiry') with check ((select mistok.current_errand()) = 'expiry');
grant select, insert on referral to mistok_app;
-- Parties, person, case and number never change.
grant update (sender_centre_id, receiver_centre_id, service_id, territory_code, urgency, legal_basis, legal_ground, consent_id, minor, safety_flag, status,
  status_reason, outcome, shared_groups, sent_at, respond_by, accepted_at, ended_at, retention_until, redacted_at, updated_at, version) on referral to mistok_app;

-- Two laws that no policy can say, since it does not see the row as it was. Whoever broke one would open the person.
create function mistok.refuse() returns trigger language plpgsql as $$
begin
  raise exception '%', tg_argv[0] using errcode = 'check_violation', constraint = tg_name;
end $$;
create trigger referral_terms_are_fixed_when_sent before update on referral for each row
  when (old.sent_at is not null and ((old.sender_centre_id, old.service_id, old.territory_code, old.urgency, old.legal_basis, old.legal_ground, old.consent_id,
      old.minor, old.safety_flag, old.sent_at, old.respond_by)
    is distinct from (new.sender_centre_id, new.service_id, new.territory_code, new.urgency, new.legal_basis, new.legal_ground, new.consent_id,
      new.minor, new.safety_flag, new.sent_at, new.respond_by)
    or (old.accepted_at is not null and (old.accepted_at, old.shared_groups) is distinct from (new.accepted_at, new.shared_groups))))
  execute function mistok.refuse('the terms of a referral that was sent are fixed');
create trigger referral_that_has_ended_stays_as_it_is before update on referral for each row
  when (old.status in ('DECLINED', 'COMPLETED', 'NOT_COMPLETED', 'CANCELLED', 'ENTERED_IN_ERROR')
    and (new.status not in (old.status, 'ENTERED_IN_ERROR') or new.retention_until is distinct from old.retention_until))
  execute function mistok.refuse('a referral that has ended stays as it is');

alter table referral_party enable row level security;
alter table referral_party force row level security;
create policy keeper on referral_party to mistok_owner using (true) with check (true);
create policy own on referral_party for select to mistok_app using (org_id = (select mistok.current_org()));
grant select on referral_party to mistok_app;

alter table referral_event enable row level security;
alter table referral_event force row level security;
create policy keeper on referral_event to mistok_owner using (true) with check (true);
create policy seen on referral_event for select to mistok_app using (exists (
  select from referral r where r.id = referral_event.referral_id
    and (r.sender_id = (select mistok.current_org()) or (r.sent_at is not null and referral_event.to_status <> 'DRAFT'))));
-- A step is a party's: of a referral that it does not see, nobody writes the history.
create policy written on referral_event for insert to mistok_app with check (
  (organization_id = (select mistok.current_org()) or (organization_id is null and (select mistok.current_errand()) = 'expiry'))
  and exists (select from referral r where r.id = referral_event.referral_id));
grant select, insert on referral_event to mistok_app;

-- Beside one's own persons: the note on one's own step with another's.
create policy noted on sealed for insert to mistok_app with check (
  organization_id = (select mistok.current_org()) and slot = 'NOTE'
  and exists (select from referral_event e join referral r on r.id = e.referral_id
    where e.id = object_id and e.organization_id = (select mistok.current_org()) and r.person_id = sealed.person_id));

-- A case is opened from a referral that came to oneself.
create policy from_referral on "case" as restrictive for insert to mistok_app with check (
  referral_id is null or exists (select from referral r where r.id = referral_id and r.receiver_id = (select mistok.current_org())));

-- A consent is shown to the receiver once a referral under it was sent. No function: one more statement would tell a
-- receiver that a consent which it must not know of is there.
create policy shown on consent for select to mistok_app using (receiver_id = (select mistok.current_org()) and exists (
  select from referral r where r.consent_id = consent.id and r.sent_at is not null and r.receiver_id = (select mistok.current_org())));

-- The second wall around a person: which referrals the caller may look into now. Which groups of fields, the first wall decides.
create function mistok.readable(r referral) returns boolean language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select r.sender_id = mistok.current_org()
    or (r.sent_at is not null and r.receiver_id = mistok.current_org()
      and (r.status in ('ACCEPTED', 'IN_PROGRESS', 'ON_HOLD')
        or (r.status = 'RECEIVED' and r.legal_basis <> 'CONSENT')
        or (r.status in ('COMPLETED', 'NOT_COMPLETED') and (mistok.now() at time zone 'Europe/Kyiv')::date <= r.retention_until))
      and (r.legal_basis <> 'CONSENT' or exists (
        select from consent c where c.id = r.consent_id and c.withdrawn_at is null and c.expires_at > mistok.now())))
$$;

-- Everything sealed about the subjects of these referrals that the caller may open, with the wrapped key; one row for each piece.
create function mistok.shared(ids uuid[]) returns table (
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

-- What of the sender's case goes along with a referral, beside the person.
create function mistok.shared_case(ids uuid[]) returns table (referral_id uuid, household_size integer, primary_category text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select r.id, c.household_size, c.primary_category from referral r join "case" c on c.id = r.case_id where r.id = any(ids) and mistok.readable(r)
$$;

-- The key under which a party seals its note. It opens nothing by itself.
create function mistok.key_to_write(id uuid) returns bytea language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select k.wrapped from referral r join vault.person_key k on k.person_id = r.person_id
  where r.id = $1 and (r.sender_id = mistok.current_org() or (r.sent_at is not null and r.receiver_id = mistok.current_org()))
$$;

revoke execute on function mistok.readable(referral), mistok.shared(uuid[]), mistok.shared_case(uuid[]), mistok.key_to_write(uuid),
  mistok.keep_referral_party(), mistok.keep_referral_case() from public;
grant execute on function mistok.shared(uuid[]), mistok.shared_case(uuid[]), mistok.key_to_write(uuid) to mistok_app;
