-- A case belongs to one organisation; partners never see it. What is said about a person stands in `sealed` and nowhere else.

create table person (
  id uuid constraint person_pkey primary key, -- random: tells of no time
  organization_id uuid not null constraint person_organization references organization,
  created_at timestamptz not null
);
create index person_organization on person (organization_id);

-- Erasing this row erases the person, and its dump has a short life of its own: hence a schema of its own.
create schema vault;
grant usage on schema vault to mistok_app;
create table vault.person_key (
  person_id uuid constraint person_key_pkey primary key constraint person_key_person references person,
  organization_id uuid not null constraint person_key_organization references organization,
  wrapped bytea not null -- the person's key under the master key
);
create index person_key_organization on vault.person_key (organization_id);

-- Everything about a person that only the person's key opens: details, factors, summaries, reasons, notes.
create table sealed (
  object_id uuid not null, -- the person, case, assessment, goal, consent, referral or event that it is about
  slot text not null,
  person_id uuid not null constraint sealed_person references person,
  organization_id uuid not null constraint sealed_organization references organization, -- who wrote it
  content bytea not null,
  constraint sealed_pkey primary key (object_id, slot),
  constraint sealed_slot_is_a_word check (slot in (
    'PERSON', 'FACTORS', 'SUMMARY', 'GOAL', 'REASON', 'JUSTIFICATION', 'NOTE', 'EVIDENCE', 'DEMOGRAPHICS', 'DISCLOSED'))
);
create index sealed_person on sealed (person_id);
create index sealed_organization on sealed (organization_id);

-- Keyed hashes by which an organisation finds its own persons again.
create table person_lookup (
  organization_id uuid not null constraint person_lookup_organization references organization,
  kind text not null,
  hash bytea not null,
  person_id uuid not null constraint person_lookup_person references person,
  constraint person_lookup_pkey primary key (organization_id, kind, hash, person_id),
  constraint person_lookup_kind_is_a_word check (kind in ('TAX_NUMBER', 'PHONE', 'NAME_AND_BIRTH_DATE'))
);
create index person_lookup_person on person_lookup (person_id);

create table "case" (
  id uuid constraint case_pkey primary key,
  code text not null constraint case_code_is_unique unique, -- random, read aloud between colleagues
  organization_id uuid not null constraint case_organization references organization,
  centre_id uuid constraint case_centre references centre,
  territory_code text not null constraint case_territory references territory,
  person_id uuid not null constraint case_person references person,
  referral_id uuid, -- the referral from which the receiver opened it
  subject_kind text not null,
  household_size integer,
  primary_category text not null,
  categories text[] not null,
  intake_channel text not null,
  emergency boolean not null,
  safety_flag boolean not null,
  opened_on date not null,
  closed_on date,
  assessment_due_on date, -- five working days after intake (law); null for an emergency: help first
  assessed_on date,
  assessed_by date generated always as (case when assessed_on is null and status in ('NEW', 'ASSESSMENT') then assessment_due_on end) stored,
  status text not null,
  refusal_ground text,
  close_reason text,
  external_reference text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null,
  constraint case_subject_kind_is_a_word check (subject_kind in ('PERSON', 'FAMILY', 'GROUP')),
  constraint case_primary_category_is_a_word check (primary_category in (
    'MILITARY', 'VETERAN', 'MILITARY_FAMILY', 'FAMILY_OF_FALLEN', 'FAMILY_OF_MISSING_OR_CAPTIVE', 'IDP', 'FAMILY_WITH_CHILDREN', 'CHILD',
    'PERSON_WITH_DISABILITY', 'CHILD_WITH_DISABILITY', 'OLDER_PERSON', 'BEREAVED', 'FAMILY_IN_HARDSHIP', 'FOSTER_FAMILY', 'CARE_LEAVER',
    'GENERAL_POPULATION')),
  constraint case_intake_channel_is_a_word check (intake_channel in (
    'SELF_IN_PERSON', 'SELF_PHONE', 'SELF_ONLINE', 'REFERRAL', 'NOTIFICATION', 'OUTREACH')),
  constraint case_status_is_a_word check (status in (
    'NEW', 'ASSESSMENT', 'DECISION_PENDING', 'REFUSED', 'PLANNING', 'ACTIVE', 'SUSPENDED', 'CLOSED', 'ENTERED_IN_ERROR')),
  constraint case_refusal_ground_is_a_word check (refusal_ground in ('NO_NEED', 'SERVICE_NOT_PROVIDED', 'MEDICAL_CONTRAINDICATION')),
  constraint case_close_reason_is_a_word check (close_reason in (
    'GOALS_MET', 'NEED_CEASED', 'TERM_ENDED', 'MOVED', 'RECIPIENT_REFUSED', 'RULES_BREACHED', 'FALSE_DATA', 'PROVIDER_CEASED', 'DECEASED',
    'TRANSFERRED', 'LOST_CONTACT')),
  constraint case_household_has_people check (household_size between 1 and 100),
  constraint case_refused_names_its_ground check (status <> 'REFUSED' or refusal_ground is not null),
  constraint case_closed_names_its_reason check (status <> 'CLOSED' or (close_reason is not null and closed_on is not null)),
  constraint case_closes_after_opening check (closed_on >= opened_on)
);
create unique index case_external_reference_is_unique on "case" (organization_id, external_reference);
create unique index case_one_for_a_referral on "case" (referral_id);
create index case_newest on "case" (organization_id, created_at desc, id desc);
create index case_status_newest on "case" (organization_id, status, created_at desc, id desc);
create index case_assessed_by on "case" (organization_id, assessed_by);
create index case_person on "case" (person_id);
create index case_centre on "case" (centre_id);
create index case_territory on "case" (territory_code);

create table case_event (
  id uuid constraint case_event_pkey primary key,
  case_id uuid not null constraint case_event_case references "case",
  organization_id uuid not null constraint case_event_organization references organization,
  at timestamptz not null,
  from_status text,
  to_status text not null,
  actor_kind text not null,
  application_id uuid,
  constraint case_event_actor_kind_is_a_word check (actor_kind in ('APPLICATION', 'SYSTEM', 'OPERATOR'))
);
create index case_event_case on case_event (case_id, id);
create index case_event_organization on case_event (organization_id);

create table assessment (
  id uuid constraint assessment_pkey primary key,
  case_id uuid not null constraint assessment_case references "case",
  organization_id uuid not null constraint assessment_organization references organization,
  purpose text not null,
  assessed_on date not null,
  complexity text not null,
  at timestamptz not null,
  constraint assessment_purpose_is_a_word check (purpose in ('SOCIAL_SERVICES', 'WAR_AFFECTED_CHILD_STATUS', 'OTHER')),
  constraint assessment_complexity_is_a_word check (complexity in ('SIMPLE', 'MODERATE', 'COMPLEX', 'EMERGENCY'))
);
create index assessment_case on assessment (case_id, at);
create index assessment_organization on assessment (organization_id);

create table plan_goal (
  id uuid constraint plan_goal_pkey primary key,
  case_id uuid not null constraint plan_goal_case references "case",
  organization_id uuid not null constraint plan_goal_organization references organization,
  position integer not null,
  service_id uuid constraint plan_goal_service references service_type,
  due_on date,
  achieved_on date,
  at timestamptz not null,
  replaced_at timestamptz -- a new plan replaces the old one, which is kept
);
create index plan_goal_case on plan_goal (case_id, position);
create index plan_goal_organization on plan_goal (organization_id);
create index plan_goal_service on plan_goal (service_id);

create table consent (
  id uuid constraint consent_pkey primary key,
  case_id uuid not null constraint consent_case references "case",
  person_id uuid not null constraint consent_person references person,
  organization_id uuid not null constraint consent_organization references organization,
  receiver_id uuid not null constraint consent_receiver references organization,
  purpose text not null,
  field_groups text[] not null,
  given_by text not null,
  method text not null,
  given_at timestamptz not null,
  expires_at timestamptz not null, -- a year after it was given, unless it says earlier
  withdrawn_at timestamptz,
  expired_at timestamptz, -- when the server has published its expiry
  version integer not null,
  constraint consent_purpose_is_a_word check (purpose in ('CASE_WORK')),
  constraint consent_given_by_is_a_word check (given_by in ('CLIENT', 'CAREGIVER', 'GUARDIAN')),
  constraint consent_method_is_a_word check (method in ('WRITTEN', 'VERBAL_RECORDED', 'ELECTRONIC_SIGNATURE')),
  constraint consent_expires_after_it_is_given check (expires_at > given_at),
  constraint consent_names_another_organization check (receiver_id <> organization_id),
  constraint consent_is_of_one_person unique (id, organization_id, person_id) -- for those who refer to it with both
);
create index consent_case on consent (case_id, given_at);
create index consent_organization on consent (organization_id);
create index consent_receiver on consent (receiver_id);
create index consent_person on consent (person_id);
create index consent_to_expire on consent (expires_at) where withdrawn_at is null and expired_at is null;

do $$
declare
  t text;
begin
  foreach t in array array['person', 'vault.person_key', 'sealed', 'person_lookup', '"case"', 'case_event', 'assessment', 'plan_goal', 'consent'] loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy keeper on %s to mistok_owner using (true) with check (true)', t);
    execute format('create policy own on %s for select to mistok_app using (organization_id = (select mistok.current_org()))', t);
    execute format('grant select, insert on %s to mistok_app', t);
  end loop;
  -- What is new stands in one's own name, and belongs to one's own: in another's record it would be read as true.
  create policy born on person for insert to mistok_app with check (organization_id = (select mistok.current_org()));
  foreach t in array array['vault.person_key', 'sealed', 'person_lookup', '"case"'] loop
    execute format('create policy born on %s for insert to mistok_app with check (organization_id = (select mistok.current_org())
      and exists (select from person p where p.id = person_id and p.organization_id = (select mistok.current_org())))', t);
  end loop;
  foreach t in array array['case_event', 'assessment', 'plan_goal', 'consent'] loop
    execute format('create policy born on %s for insert to mistok_app with check (organization_id = (select mistok.current_org())
      and exists (select from "case" c where c.id = case_id and c.organization_id = (select mistok.current_org())))', t);
  end loop;
  -- What may change, and nothing else: owners never do.
  foreach t in array array['sealed', '"case"', 'plan_goal', 'consent'] loop
    execute format('create policy moved on %s for update to mistok_app using (organization_id = (select mistok.current_org())) with check (organization_id = (select mistok.current_org()))', t);
  end loop;
end $$;
grant update (content) on sealed to mistok_app;
grant update (primary_category, categories, household_size, safety_flag, closed_on, assessed_on, status, refusal_ground, close_reason, updated_at, version) on "case" to mistok_app;
grant update (replaced_at) on plan_goal to mistok_app;
grant update (withdrawn_at, expired_at, version) on consent to mistok_app;
create policy emptied on sealed for delete to mistok_app using (organization_id = (select mistok.current_org()));
grant delete on sealed to mistok_app;
create policy forgotten on person_lookup for delete to mistok_app using (organization_id = (select mistok.current_org()));
grant delete on person_lookup to mistok_app;
-- The server ends consents when their time has come.
create policy expiring on consent for select to mistok_app using ((select mistok.current_errand()) = 'expiry');
create policy expired on consent for update to mistok_app using ((select mistok.current_errand()) = 'expiry') with check ((select mistok.current_errand()) = 'expiry');
