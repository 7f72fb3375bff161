-- Work done: services, activities, groups. Rows of one organisation, which nobody else sees; figures that cross organisations
-- come from counts.

-- Coarse, and in the clear like category and flags, so that figures can be told apart by them; the person itself stays sealed.
alter table "case" add sex text not null default 'UNSPECIFIED';
alter table "case" add age_band text not null default 'UNKNOWN'; -- on the day of the intake
alter table "case" add constraint case_sex_is_a_word check (sex in ('FEMALE', 'MALE', 'UNSPECIFIED'));
alter table "case" add constraint case_age_band_is_a_word check (age_band in (
  'AGE_0_5', 'AGE_6_13', 'AGE_14_17', 'AGE_18_34', 'AGE_35_59', 'AGE_60_PLUS', 'UNKNOWN'));
grant update (sex, age_band) on "case" to mistok_app;
alter table "case" add constraint case_is_of_one_organization unique (id, organization_id); -- for those who refer to it with both

create table "group" (
  id uuid constraint group_pkey primary key, -- random: who is in it are people
  organization_id uuid not null constraint group_organization references organization,
  centre_id uuid not null constraint group_centre references centre,
  programme text not null,
  members integer not null, -- as many as began; fixed
  started_on date not null,
  external_reference text,
  created_at timestamptz not null,
  version integer not null,
  constraint group_programme_is_a_word check (programme in ('SELF_HELP_PLUS', 'SUPPORT_GROUP', 'PARENTING', 'CARE_LEAVERS', 'OTHER')),
  constraint group_has_members check (members between 1 and 1000),
  constraint group_is_of_one_organization unique (id, organization_id)
);
create unique index group_external_reference_is_unique on "group" (organization_id, external_reference);
create index group_newest on "group" (organization_id, created_at desc, id desc);
create index group_centre on "group" (centre_id);

create table group_member (
  group_id uuid not null,
  case_id uuid not null,
  organization_id uuid not null constraint group_member_organization references organization,
  constraint group_member_pkey primary key (group_id, case_id),
  constraint group_member_group foreign key (group_id, organization_id) references "group" (id, organization_id),
  constraint group_member_case foreign key (case_id, organization_id) references "case" (id, organization_id)
);
create index group_member_group on group_member (group_id, organization_id);
create index group_member_case on group_member (case_id, organization_id);
create index group_member_organization on group_member (organization_id);

-- A group session or an event. Participants are attendances, not distinct people.
create table activity (
  id uuid constraint activity_pkey primary key,
  organization_id uuid not null constraint activity_organization references organization,
  centre_id uuid constraint activity_centre references centre,
  territory_code text not null constraint activity_territory references territory,
  group_id uuid,
  kind text not null,
  title text,
  occurred_on date not null,
  place text,
  participants integer, -- null: the source does not say; it is not zero
  case_ids uuid[] not null, -- those of the participants who are known as cases, in order
  target_category text,
  partner_ids uuid[] not null,
  supported_by_ids uuid[] not null,
  external_reference text,
  voided boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null,
  constraint activity_group foreign key (group_id, organization_id) references "group" (id, organization_id),
  constraint activity_kind_is_a_word check (kind in (
    'GROUP_SESSION', 'GROUP_CONSULTATION', 'MENTAL_HEALTH_TRAINING', 'SOCIAL_COHESION_EVENT', 'ART_THERAPY', 'PHYSICAL_ACTIVITY',
    'PARENTING', 'AWARENESS_EVENT', 'MOBILE_TEAM_VISIT', 'STUDY_VISIT', 'COMMUNITY_EVENT')),
  constraint activity_target_category_is_a_word check (target_category in (
    'MILITARY', 'VETERAN', 'MILITARY_FAMILY', 'FAMILY_OF_FALLEN', 'FAMILY_OF_MISSING_OR_CAPTIVE', 'IDP', 'FAMILY_WITH_CHILDREN', 'CHILD',
    'PERSON_WITH_DISABILITY', 'CHILD_WITH_DISABILITY', 'OLDER_PERSON', 'BEREAVED', 'FAMILY_IN_HARDSHIP', 'FOSTER_FAMILY', 'CARE_LEAVER',
    'GENERAL_POPULATION')),
  constraint activity_participants_are_counted check (participants between 0 and 100000),
  constraint activity_participants_are_at_least_those_known check (participants >= cardinality(case_ids)),
  constraint activity_is_of_one_organization unique (id, organization_id)
);
create unique index activity_external_reference_is_unique on activity (organization_id, external_reference);
create index activity_newest on activity (organization_id, created_at desc, id desc);
create index activity_day on activity (organization_id, occurred_on);
create index activity_centre on activity (centre_id);
create index activity_territory on activity (territory_code);
create index activity_group on activity (group_id, organization_id);

-- One contact: one person (or family) and one service.
create table service_delivery (
  id uuid constraint service_delivery_pkey primary key, -- random
  organization_id uuid not null constraint service_delivery_organization references organization,
  centre_id uuid constraint service_delivery_centre references centre,
  territory_code text not null constraint service_delivery_territory references territory,
  case_id uuid,
  activity_id uuid, -- an attendance of this activity, which counts it
  service_id uuid not null constraint service_delivery_service references service_type,
  form text not null,
  occurred_on date not null,
  quantity integer not null,
  specialist text,
  target_category text,
  sex text not null,
  age_band text not null,
  referral_id uuid constraint service_delivery_referral references referral,
  external_reference text,
  voided boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null,
  constraint service_delivery_case foreign key (case_id, organization_id) references "case" (id, organization_id),
  constraint service_delivery_activity foreign key (activity_id, organization_id) references activity (id, organization_id),
  constraint service_delivery_form_is_a_word check (form in ('INDIVIDUAL', 'GROUP', 'FAMILY', 'ONLINE', 'PHONE', 'MOBILE')),
  constraint service_delivery_specialist_is_a_word check (specialist in ('SOCIAL_MANAGER', 'SOCIAL_WORK_SPECIALIST', 'PSYCHOLOGIST', 'COORDINATOR')),
  constraint service_delivery_target_category_is_a_word check (target_category in (
    'MILITARY', 'VETERAN', 'MILITARY_FAMILY', 'FAMILY_OF_FALLEN', 'FAMILY_OF_MISSING_OR_CAPTIVE', 'IDP', 'FAMILY_WITH_CHILDREN', 'CHILD',
    'PERSON_WITH_DISABILITY', 'CHILD_WITH_DISABILITY', 'OLDER_PERSON', 'BEREAVED', 'FAMILY_IN_HARDSHIP', 'FOSTER_FAMILY', 'CARE_LEAVER',
    'GENERAL_POPULATION')),
  constraint service_delivery_sex_is_a_word check (sex in ('FEMALE', 'MALE', 'UNSPECIFIED')),
  constraint service_delivery_age_band_is_a_word check (age_band in (
    'AGE_0_5', 'AGE_6_13', 'AGE_14_17', 'AGE_18_34', 'AGE_35_59', 'AGE_60_PLUS', 'UNKNOWN')),
  constraint service_delivery_quantity_is_counted check (quantity between 1 and 1000),
  constraint service_delivery_attendance_is_of_a_case check (activity_id is null or case_id is not null)
);
create unique index service_delivery_external_reference_is_unique on service_delivery (organization_id, external_reference);
create index service_delivery_newest on service_delivery (organization_id, created_at desc, id desc);
create index service_delivery_day on service_delivery (organization_id, occurred_on);
create index service_delivery_case on service_delivery (case_id, organization_id);
create unique index service_delivery_attendance_is_one on service_delivery (activity_id, organization_id, case_id);
create index service_delivery_centre on service_delivery (centre_id);
create index service_delivery_territory on service_delivery (territory_code);
create index service_delivery_service on service_delivery (service_id);
create index service_delivery_referral on service_delivery (referral_id);

-- What a row was before it was corrected or voided: nothing is overwritten.
create table former_version (
  object_id uuid not null,
  version integer not null,
  organization_id uuid not null constraint former_version_organization references organization,
  replaced_at timestamptz not null,
  content jsonb not null,
  constraint former_version_pkey primary key (object_id, version)
);
create index former_version_organization on former_version (organization_id);
create function mistok.keep_former_version() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into former_version (object_id, version, organization_id, replaced_at, content)
  values (old.id, old.version, old.organization_id, new.updated_at, to_jsonb(old));
  return null;
end $$;
revoke execute on function mistok.keep_former_version() from public;
create trigger activity_keeps_its_history after update on activity for each row execute function mistok.keep_former_version();
create trigger service_delivery_keeps_its_history after update on service_delivery for each row execute function mistok.keep_former_version();

-- What became of each row of a call, for a retry under the same idempotency key.
create table recording (
  id uuid constraint recording_pkey primary key,
  organization_id uuid not null constraint recording_organization references organization,
  at timestamptz not null,
  results jsonb not null
);
create index recording_organization on recording (organization_id);
create index recording_at on recording (at);

do $$
declare
  t text;
begin
  foreach t in array array['"group"', 'group_member', 'activity', 'service_delivery', 'former_version', 'recording'] loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy keeper on %s to mistok_owner using (true) with check (true)', t);
    execute format('create policy own on %s for select to mistok_app using (organization_id = (select mistok.current_org()))', t);
    execute format('grant select on %s to mistok_app', t);
  end loop;
  foreach t in array array['"group"', 'group_member', 'activity', 'service_delivery', 'recording'] loop
    execute format('create policy born on %s for insert to mistok_app with check (organization_id = (select mistok.current_org()))', t);
    execute format('grant insert on %s to mistok_app', t);
  end loop;
  foreach t in array array['activity', 'service_delivery'] loop
    execute format('create policy moved on %s for update to mistok_app using (organization_id = (select mistok.current_org())) with check (organization_id = (select mistok.current_org()))', t);
  end loop;
end $$;
grant update (centre_id, territory_code, group_id, kind, title, occurred_on, place, participants, case_ids, target_category, partner_ids, supported_by_ids,
  voided, updated_at, version) on activity to mistok_app;
grant update (centre_id, territory_code, case_id, service_id, form, occurred_on, quantity, specialist, target_category, sex, age_band, referral_id,
  voided, updated_at, version) on service_delivery to mistok_app;
-- Answers of retries are kept as long as their keys.
create policy tidied on recording for select to mistok_app using ((select mistok.current_errand()) = 'expiry');
create policy gone on recording for delete to mistok_app using ((select mistok.current_errand()) = 'expiry');
grant delete on recording to mistok_app;
