-- Observations: figures as their source reported them, beside what the server counts and never added to it. They hold no person
-- and are published by who reports them: every organisation reads the rows. What of a figure about people is shown to whom, the
-- program decides at one place (indicator::protected).

create table observation (
  id uuid constraint observation_pkey primary key, -- follows from the external reference where there is one: a repetition meets itself
  organization_id uuid not null constraint observation_reporter_exists references organization, -- who reported it, and answers for it
  about_id uuid constraint observation_about_exists references organization, -- the organisation whose figure it is; the Ministry's are the whole country's
  centre_id uuid constraint observation_centre_exists references centre,
  territory_code text constraint observation_territory_exists references territory,
  indicator text not null,
  title text, -- where one subject reports several of one indicator: never a sum
  value_parts bigint, -- in ten-thousandths, exact; null: the source gives no value (NOT_REPORTED), which is not zero
  comparator text not null,
  kind text not null,
  period_from text, -- a partial date
  period_to text, -- a partial date, inclusive; of a stock its day
  source text not null, -- where it was published
  note text,
  supported_by uuid[] not null default '{}', -- organisations that paid for it or helped
  external_reference text, -- of who reported it
  created_at timestamptz not null,
  version integer not null,
  constraint observation_external_reference_is_unique unique (organization_id, external_reference),
  constraint observation_is_told_once unique nulls not distinct
    (organization_id, indicator, kind, about_id, centre_id, territory_code, period_from, period_to, title),
  constraint observation_has_a_subject check (num_nonnulls(about_id, centre_id, territory_code) > 0),
  constraint observation_indicator_is_a_word check (indicator in (
    'CASES_OPENED', 'CASES_CLOSED', 'CASES_ACTIVE', 'SERVICES_PROVIDED', 'INDIVIDUAL_CONSULTATIONS', 'GROUP_SESSIONS', 'GROUP_CONSULTATIONS',
    'MENTAL_HEALTH_TRAININGS', 'SOCIAL_COHESION_EVENTS', 'ART_THERAPY_EVENTS', 'PHYSICAL_ACTIVITIES', 'COMMUNITY_EVENTS', 'STUDY_VISITS',
    'COURSE_GROUPS', 'COURSE_MEMBERS', 'ACTIVITY_PARTICIPANTS', 'MEMORANDUM_PARTNERS', 'CENTRES_OPEN', 'CENTRES_PLANNED', 'HROMADAS_IN_PROJECT',
    'STAFF_POSTS', 'REFERRALS_SENT', 'REFERRALS_ACCEPTED', 'REFERRALS_DECLINED', 'REFERRALS_COMPLETED', 'REFERRALS_OVERDUE',
    'MEDIAN_HOURS_TO_RESPOND', 'FUNDING_CONTRACTS', 'FUNDING_CONTRACTED', 'FUNDING_PAID', 'COST_PER_SERVICE', 'PERSONS_APPLIED', 'RECIPIENTS',
    'GROUP_PROJECT_REACH', 'NEEDS_ASSESSMENTS', 'WAR_AFFECTED_CHILD_ASSESSMENTS', 'HUMANITARIAN_AID_RECIPIENTS', 'EDUCATIONAL_EVENTS',
    'FAMILIES_IN_SOCIAL_SUPPORT', 'SHELTER_RESIDENTS', 'MOBILE_TEAM_VISITS', 'CAMPAIGN_REACH')),
  -- The server alone knows the shared status of referrals and the money of contracts.
  constraint observation_is_of_what_a_source_can_know check (indicator !~ '^REFERRALS_'
    and indicator not in ('MEDIAN_HOURS_TO_RESPOND', 'FUNDING_CONTRACTED', 'FUNDING_PAID', 'COST_PER_SERVICE')),
  constraint observation_comparator_is_a_word check (comparator in ('EQ', 'GT', 'GTE', 'LT', 'APPROX')),
  constraint observation_kind_is_a_word check (kind in ('FLOW', 'STOCK', 'TARGET')),
  constraint observation_value_has_bounds check (value_parts between 0 and 10000000000000000),
  constraint observation_without_a_value_compares_nothing check (value_parts is not null or comparator = 'EQ'),
  constraint observation_stock_is_of_one_day check (kind <> 'STOCK' or period_from is null),
  constraint observation_knows_its_time check (kind = 'TARGET' or period_to is not null),
  constraint observation_period_from_is_a_partial_date check (period_from ~ '^([0-9]{4}(-[0-9]{2}){0,2}|XXXX-[0-9]{2}-[0-9]{2})$'),
  constraint observation_period_to_is_a_partial_date check (period_to ~ '^([0-9]{4}(-[0-9]{2}){0,2}|XXXX-[0-9]{2}-[0-9]{2})$'),
  constraint observation_title_is_short check (length(title) between 1 and 200),
  constraint observation_source_is_short check (length(source) between 1 and 500),
  constraint observation_note_is_short check (length(note) between 1 and 1000),
  constraint observation_supporters_are_few check (cardinality(supported_by) <= 20),
  constraint observation_external_reference_is_short check (length(external_reference) between 1 and 128)
);
create index observation_newest on observation (created_at desc, id desc);
create index observation_indicator on observation (indicator, created_at desc, id desc);
create index observation_organization on observation (organization_id, created_at desc, id desc);
create index observation_about on observation (about_id, created_at desc, id desc);
create index observation_centre on observation (centre_id, created_at desc, id desc);
create index observation_territory on observation (territory_code, created_at desc, id desc);

alter table observation enable row level security;
alter table observation force row level security;
create policy keeper on observation to mistok_owner using (true) with check (true);
create policy public on observation for select to mistok_app using (true);
-- In one's own name alone, about oneself, one's own centres and territories; the Ministry about all.
create policy reported on observation for insert to mistok_app with check (
  (select mistok.current_errand()) in ('operator', 'demo')
  or (organization_id = (select mistok.current_org())
    and ((select mistok.current_kind()) = 'MINISTRY'
      or ((about_id is null or about_id = (select mistok.current_org()))
        and (centre_id is null or exists (select from centre c where c.id = centre_id
          and (select mistok.current_org()) in (c.provider_id, c.host_id)))))));
grant select, insert on observation to mistok_app;
