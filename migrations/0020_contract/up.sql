-- Funding contracts (договори про фінансування): a funder pays a provider for services rendered. What was planned, done, claimed,
-- accepted and paid stands here to the kopiyka, and nothing is overwritten: terms, claims and payments are rows that only grow in number.

create table funding_contract (
  id uuid constraint funding_contract_pkey primary key,
  number text not null, -- on the paper
  funder_id uuid not null constraint funding_contract_funder references organization,
  of_fund boolean not null, -- the funder is the Fund or its branch: its central body and the branch of the region act on it too
  provider_id uuid not null constraint funding_contract_provider references organization,
  centre_id uuid constraint funding_contract_centre references centre,
  territory_code text not null constraint funding_contract_territory references territory, -- the hromada
  region_code text not null constraint funding_contract_region references territory, -- what a branch of the Fund looks after
  selection_authority text, -- who chose the provider
  selection_body text,
  selection_number text,
  selection_decided_on text, -- a partial date
  payee_iban text,
  starts_on date not null,
  status text not null,
  signed_on text, -- a partial date: what stands on the paper
  signed_at timestamptz, -- when the signature was recorded: from then on the provider knows of it
  active_from date,
  ended_on date, -- inclusive
  end_reason text,
  ceiling_kop bigint not null, -- the smallest amount that is in force today or on a later day, as it was at the last change
  accepted_kop bigint not null, -- what acts were accepted for
  paid_kop bigint not null, -- payments less reversals
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null,
  constraint funding_contract_has_two_parties check (funder_id <> provider_id),
  constraint funding_contract_status_is_a_word check (status in (
    'DRAFT', 'SIGNED', 'ACTIVE', 'SUSPENDED', 'COMPLETED', 'TERMINATED', 'CANCELLED')),
  constraint funding_contract_selection_authority_is_a_word check (selection_authority in (
    'MINISTRY', 'FUND', 'HROMADA', 'COMPETITION_COMMISSION', 'UNKNOWN')),
  constraint funding_contract_selection_decided_on_is_a_partial_date check (selection_decided_on ~ '^([0-9]{4}(-[0-9]{2}){0,2}|XXXX-[0-9]{2}-[0-9]{2})$'),
  constraint funding_contract_end_reason_is_a_word check (end_reason in (
    'EXPIRED', 'MUTUAL', 'PROVIDER_BREACH', 'FUNDING_WITHDRAWN', 'REGISTRY_EXCLUSION', 'HROMADA_WITHDREW', 'COURT', 'OTHER')),
  constraint funding_contract_iban_has_its_shape check (payee_iban ~ '^UA[0-9]{27}$'),
  constraint funding_contract_signed_on_is_a_partial_date check (signed_on ~ '^([0-9]{4}(-[0-9]{2}){0,2}|XXXX-[0-9]{2}-[0-9]{2})$'),
  constraint funding_contract_is_signed_before_it_is_in_use check ((signed_at is null) = (status in ('DRAFT', 'CANCELLED')) and (signed_at is null) = (signed_on is null)),
  constraint funding_contract_is_active_from_a_day check (active_from is not null or status not in ('ACTIVE', 'SUSPENDED', 'COMPLETED')),
  constraint funding_contract_ends_on_a_day check ((ended_on is not null) = (status in ('COMPLETED', 'TERMINATED'))),
  constraint funding_contract_is_terminated_for_a_reason check ((end_reason is not null) = (status = 'TERMINATED')),
  constraint funding_contract_accepts_no_more_than_its_amount check (accepted_kop between 0 and ceiling_kop),
  constraint funding_contract_pays_no_more_than_its_amount check (paid_kop between 0 and ceiling_kop)
);
create unique index funding_contract_number_is_unique on funding_contract (funder_id, number) where status <> 'CANCELLED';
create index funding_contract_funder_newest on funding_contract (funder_id, created_at desc, id desc);
create index funding_contract_provider_newest on funding_contract (provider_id, signed_at desc, id desc);
create index funding_contract_region_newest on funding_contract (region_code, created_at desc, id desc) where of_fund;
create index funding_contract_newest on funding_contract (created_at desc, id desc);
create index funding_contract_region on funding_contract (region_code);
create index funding_contract_centre on funding_contract (centre_id);
create index funding_contract_territory on funding_contract (territory_code);

-- What binds from a day on: 0 is the contract itself, each amendment (додаткова угода) the next one.
create table contract_terms (
  contract_id uuid not null constraint contract_terms_contract references funding_contract,
  number smallint not null,
  id uuid not null constraint contract_terms_id_is_unique unique,
  document text, -- number of the amendment on the paper
  kind text,
  rationale text,
  effective_on date not null,
  ends_on date not null, -- of the contract, inclusive
  amount_kop bigint not null,
  lines_of smallint not null, -- the terms whose lines are in force: its own, or former ones that it left as they were
  recorded_at timestamptz not null,
  constraint contract_terms_pkey primary key (contract_id, number),
  constraint contract_terms_kind_is_a_word check (kind in ('AMOUNT', 'TERM', 'BUDGET_LINES', 'OTHER')),
  constraint contract_terms_amount_has_bounds check (amount_kop between 1 and 1000000000000000), -- 10^13 hryvnias
  constraint contract_terms_amendment_says_what_it_is check ((number = 0) = (kind is null) and (number = 0) = (document is null) and (number = 0) = (rationale is null))
);
create unique index contract_terms_document_is_unique on contract_terms (contract_id, document);

create table contract_line (
  id uuid constraint contract_line_pkey primary key,
  contract_id uuid not null,
  terms smallint not null,
  place smallint not null,
  service_id uuid constraint contract_line_service references service_type,
  budget_line text not null,
  unit text not null,
  planned_parts bigint not null, -- ten-thousandths of the unit
  unit_price_kop bigint not null,
  amount_kop bigint not null,
  constraint contract_line_terms foreign key (contract_id, terms) references contract_terms,
  constraint contract_line_place_is_one unique (contract_id, terms, place),
  constraint contract_line_budget_line_is_a_word check (budget_line in (
    'TEAM_PAY', 'ENGAGED_SPECIALISTS', 'STATIONERY', 'HOUSEHOLD_GOODS', 'FOOD', 'PSYCHOSOCIAL_MATERIALS', 'TRANSPORT', 'OTHER')),
  constraint contract_line_amount_is_quantity_times_price check (
    planned_parts > 0 and unit_price_kop > 0 and amount_kop = round(planned_parts::numeric * unit_price_kop / 10000))
);
create index contract_line_service on contract_line (service_id);

create table tranche (
  id uuid constraint tranche_pkey primary key,
  contract_id uuid not null,
  terms smallint not null, -- with which it came
  until_terms smallint, -- with which it is no more
  kind text not null,
  amount_kop bigint not null,
  due_on date not null,
  status text not null,
  paid_kop bigint not null,
  constraint tranche_terms foreign key (contract_id, terms) references contract_terms,
  constraint tranche_until_terms foreign key (contract_id, until_terms) references contract_terms,
  constraint tranche_kind_is_a_word check (kind in ('ADVANCE', 'INTERIM', 'FINAL')),
  constraint tranche_status_is_a_word check (status in ('PLANNED', 'APPROVED', 'PAID', 'WITHHELD', 'CANCELLED')),
  constraint tranche_is_paid_as_approved check (amount_kop > 0 and paid_kop between 0 and amount_kop
    and (status = 'PAID') = (paid_kop = amount_kop) and (paid_kop = 0 or status in ('APPROVED', 'PAID')))
);
create index tranche_contract on tranche (contract_id, terms);
create index tranche_contract_until on tranche (contract_id, until_terms);

-- The monthly act of services rendered (акт наданих послуг). The parties stand in it too: a branch asks for acts, not for contracts.
create table service_act (
  id uuid constraint service_act_pkey primary key,
  contract_id uuid not null constraint service_act_contract references funding_contract,
  provider_id uuid not null constraint service_act_provider references organization,
  funder_id uuid not null constraint service_act_funder references organization,
  of_fund boolean not null,
  region_code text not null constraint service_act_region references territory,
  month date not null, -- its first day
  status text not null,
  round smallint not null, -- 0: the draft; how often it was submitted
  claimed_kop bigint not null,
  accepted_kop bigint,
  paid_kop bigint not null,
  created_at timestamptz not null,
  first_submitted_at timestamptz, -- since when the funder knows of it
  submitted_at timestamptz,
  decided_at timestamptz,
  return_reason text,
  note text,
  updated_at timestamptz not null,
  version integer not null,
  constraint service_act_is_one_a_month unique (contract_id, month),
  constraint service_act_month_is_its_first_day check (extract(day from month) = 1),
  constraint service_act_status_is_a_word check (status in ('DRAFT', 'SUBMITTED', 'RETURNED', 'ACCEPTED', 'PAID')),
  constraint service_act_is_submitted_once_it_is_no_draft check ((status = 'DRAFT') = (round = 0) and (round = 0) = (first_submitted_at is null)
    and (round = 0) = (submitted_at is null)),
  constraint service_act_is_accepted_with_an_amount check ((accepted_kop is not null) = (status in ('ACCEPTED', 'PAID'))),
  constraint service_act_is_accepted_as_claimed_or_lower check (claimed_kop >= 0 and accepted_kop between 0 and claimed_kop),
  constraint service_act_is_paid_as_accepted check (paid_kop between 0 and coalesce(accepted_kop, 0)
    and (status = 'PAID') = (coalesce(accepted_kop, 0) > 0 and paid_kop = accepted_kop)),
  constraint service_act_is_returned_for_a_reason check (return_reason is not null or status <> 'RETURNED')
);
create index service_act_provider_newest on service_act (provider_id, created_at desc, id desc);
create index service_act_funder_newest on service_act (funder_id, first_submitted_at desc, id desc);
create index service_act_region_newest on service_act (region_code, first_submitted_at desc, id desc) where of_fund;
create index service_act_newest on service_act (first_submitted_at desc, id desc);
create index service_act_region on service_act (region_code);
create index service_act_status on service_act (status, first_submitted_at desc, id desc);
create index service_act_to_decide on service_act (region_code, status, first_submitted_at desc, id desc) where of_fund;

-- What was claimed each time, and what was made of it.
create table service_act_line (
  act_id uuid not null constraint service_act_line_act references service_act,
  round smallint not null,
  line_id uuid not null constraint service_act_line_line references contract_line,
  claimed_parts bigint not null, -- ten-thousandths of the unit
  recorded_parts bigint, -- what the month's records showed when it was submitted; null: a line that no records show
  accepted_parts bigint,
  claimed_kop bigint not null,
  accepted_kop bigint,
  constraint service_act_line_pkey primary key (act_id, round, line_id),
  constraint service_act_line_is_accepted_as_claimed_or_lower check (claimed_parts >= 0 and accepted_parts between 0 and claimed_parts
    and (accepted_parts is null) = (accepted_kop is null))
);
create index service_act_line_line on service_act_line (line_id);

create table payment (
  id uuid constraint payment_pkey primary key,
  contract_id uuid not null constraint payment_contract references funding_contract,
  act_id uuid constraint payment_act references service_act,
  tranche_id uuid constraint payment_tranche references tranche,
  reverses_id uuid constraint payment_reverses references payment,
  amount_kop bigint not null, -- of a reversal below zero
  paid_on date not null,
  reference text not null, -- number of the payment order; a reversal has that of its payment
  reason text, -- of a reversal
  recorded_at timestamptz not null,
  constraint payment_is_for_an_act_or_a_tranche check ((act_id is null) <> (tranche_id is null)),
  constraint payment_is_reversed_once unique (reverses_id),
  constraint payment_is_above_zero_or_a_reversal check ((amount_kop < 0) = (reverses_id is not null) and amount_kop <> 0 and (reverses_id is null) = (reason is null))
);
create unique index payment_reference_is_unique on payment (contract_id, reference) where reverses_id is null;
create index payment_contract on payment (contract_id, paid_on);
create index payment_act on payment (act_id);
create index payment_tranche on payment (tranche_id);

-- Every step of a contract, its tranches and acts: append-only. What stands is what these add up to.
create table contract_event (
  id uuid constraint contract_event_pkey primary key,
  contract_id uuid not null constraint contract_event_contract references funding_contract,
  at timestamptz not null,
  change text not null, -- a kind of change of the journal
  subject_id uuid not null, -- the contract, terms, a tranche, an act, a payment
  before text, -- the state before; null: none, or a step that has none
  after text,
  on_day date, -- from which it counts, where that is not the moment itself
  reason text,
  amount_kop bigint, -- claimed, accepted, paid, or the amount from now on
  organization_id uuid not null constraint contract_event_organization references organization
);
create index contract_event_contract on contract_event (contract_id, at, id);
create index contract_event_organization on contract_event (organization_id);

-- Whether the asking organisation stands on the funder's side.
create function mistok.funds(funder uuid, of_fund boolean, region text) returns boolean language sql stable as $$
  select coalesce(funder = mistok.current_org() or (of_fund and (mistok.current_kind() = 'FUND'
    or (mistok.current_kind() = 'FUND_BRANCH' and region = mistok.current_region()))), false)
$$;

do $$
declare
  t text;
begin
  foreach t in array array['funding_contract', 'contract_terms', 'contract_line', 'tranche', 'service_act', 'service_act_line', 'payment', 'contract_event'] loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy keeper on %s to mistok_owner using (true) with check (true)', t);
    execute format('grant select, insert on %s to mistok_app', t);
  end loop;
  -- Who sees a contract sees its parts; its funder writes them. A scalar and no EXISTS: that the planner would turn around, and read
  -- all contracts for one.
  foreach t in array array['contract_terms', 'contract_line', 'tranche', 'payment'] loop
    execute format('create policy seen on %s for select to mistok_app using ((select true from funding_contract c where c.id = contract_id))', t);
    execute format('create policy written on %s for insert to mistok_app with check (exists (
      select from funding_contract c where c.id = contract_id and mistok.funds(c.funder_id, c.of_fund, c.region_code)))', t);
  end loop;
end $$;

create policy funder on funding_contract for select to mistok_app using (funder_id = (select mistok.current_org()));
create policy provider on funding_contract for select to mistok_app using (provider_id = (select mistok.current_org()) and signed_at is not null);
create policy fund on funding_contract for select to mistok_app using (of_fund and (select mistok.current_kind()) = 'FUND');
create policy branch on funding_contract for select to mistok_app using (
  of_fund and (select mistok.current_kind()) = 'FUND_BRANCH' and region_code = (select mistok.current_region()));
create policy overseen on funding_contract for select to mistok_app using ((select mistok.current_kind()) in ('MINISTRY', 'OVERSIGHT_BODY'));
create policy written on funding_contract for insert to mistok_app with check (funder_id = (select mistok.current_org())
  and case (select mistok.current_kind())
    when 'FUND' then of_fund
    when 'FUND_BRANCH' then of_fund and region_code = (select mistok.current_region())
    else not of_fund and (select mistok.current_kind()) in ('CHARITY', 'INTERNATIONAL', 'BUSINESS')
  end);
-- Both parties hold the contract while they take a step. Whose step it is, the triggers say.
create policy moved on funding_contract for update to mistok_app
  using ((provider_id = (select mistok.current_org()) and signed_at is not null) or mistok.funds(funder_id, of_fund, region_code))
  with check (mistok.funds(funder_id, of_fund, region_code));
grant update (status, signed_on, signed_at, active_from, ended_on, end_reason, ceiling_kop, accepted_kop, paid_kop, updated_at, version) on funding_contract to mistok_app;

create policy moved on tranche for update to mistok_app
  using (exists (select from funding_contract c where c.id = contract_id and mistok.funds(c.funder_id, c.of_fund, c.region_code)))
  with check (exists (select from funding_contract c where c.id = contract_id and mistok.funds(c.funder_id, c.of_fund, c.region_code)));
grant update (until_terms, status, paid_kop) on tranche to mistok_app;

create policy provider on service_act for select to mistok_app using (provider_id = (select mistok.current_org()));
create policy funder on service_act for select to mistok_app using (funder_id = (select mistok.current_org()) and first_submitted_at is not null);
create policy fund on service_act for select to mistok_app using (of_fund and first_submitted_at is not null and (select mistok.current_kind()) = 'FUND');
create policy branch on service_act for select to mistok_app using (of_fund and first_submitted_at is not null
  and (select mistok.current_kind()) = 'FUND_BRANCH' and region_code = (select mistok.current_region()));
create policy overseen on service_act for select to mistok_app using (first_submitted_at is not null and (select mistok.current_kind()) in ('MINISTRY', 'OVERSIGHT_BODY'));
create policy written on service_act for insert to mistok_app with check (provider_id = (select mistok.current_org()) and exists (
  select from funding_contract c where c.id = contract_id and (c.provider_id, c.funder_id, c.of_fund, c.region_code)
    = (service_act.provider_id, service_act.funder_id, service_act.of_fund, service_act.region_code)));
create policy moved on service_act for update to mistok_app
  using (provider_id = (select mistok.current_org()) or (first_submitted_at is not null and mistok.funds(funder_id, of_fund, region_code)))
  with check (provider_id = (select mistok.current_org()) or (first_submitted_at is not null and mistok.funds(funder_id, of_fund, region_code)));
grant update (status, round, claimed_kop, accepted_kop, paid_kop, first_submitted_at, submitted_at, decided_at, return_reason, note, updated_at, version)
  on service_act to mistok_app;

create policy seen on service_act_line for select to mistok_app using ((select true from service_act a where a.id = act_id));
create policy written on service_act_line for insert to mistok_app with check (accepted_parts is null and exists (
  select from service_act a join contract_line l on l.contract_id = a.contract_id
  where a.id = act_id and l.id = line_id and a.round = service_act_line.round and a.status in ('DRAFT', 'SUBMITTED')
    and a.provider_id = (select mistok.current_org())));
create policy decided on service_act_line for update to mistok_app
  using (exists (select from service_act a where a.id = act_id and mistok.funds(a.funder_id, a.of_fund, a.region_code)))
  with check (exists (select from service_act a where a.id = act_id and mistok.funds(a.funder_id, a.of_fund, a.region_code)));
grant update (accepted_parts, accepted_kop) on service_act_line to mistok_app;

-- What an act was like before it was submitted its provider alone knows.
create policy seen on contract_event for select to mistok_app using (case change
  when 'ACT_DRAFTED' then (select a.provider_id = mistok.current_org() from service_act a where a.id = subject_id)
  else (select true from funding_contract c where c.id = contract_id) end);
create policy noted on contract_event for insert to mistok_app with check (organization_id = (select mistok.current_org())
  and exists (select from funding_contract c where c.id = contract_id
    and (c.provider_id = (select mistok.current_org()) or mistok.funds(c.funder_id, c.of_fund, c.region_code))));

-- Laws that no policy can say, since it does not see the row as it was.
create function mistok.keep_funding_contract() returns trigger language plpgsql as $$
declare
  refused text;
begin
  if not mistok.funds(old.funder_id, old.of_fund, old.region_code) then
    refused := 'only its funder moves a funding contract';
  elsif old.status in ('COMPLETED', 'TERMINATED', 'CANCELLED') and (old.status, old.ended_on, old.end_reason) is distinct from (new.status, new.ended_on, new.end_reason) then
    refused := 'a funding contract that has ended stays so';
  elsif old.signed_at is not null and (old.signed_on, old.signed_at) is distinct from (new.signed_on, new.signed_at) then
    refused := 'a funding contract is signed once';
  end if;
  if refused is not null then
    raise exception '%', refused using errcode = 'check_violation', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger funding_contract_is_its_funder_s before update on funding_contract for each row execute function mistok.keep_funding_contract();

create function mistok.keep_service_act() returns trigger language plpgsql as $$
declare
  refused text;
  by_provider boolean := mistok.current_org() = old.provider_id;
begin
  if (old.round, old.claimed_kop, old.submitted_at) is distinct from (new.round, new.claimed_kop, new.submitted_at)
      and not (by_provider and old.status in ('DRAFT', 'RETURNED') and new.status = 'SUBMITTED' and new.round = old.round + 1) then
    refused := 'its provider alone submits an act, once until it is returned';
  elsif by_provider and (old.accepted_kop, old.paid_kop, old.decided_at, old.return_reason, old.note)
      is distinct from (new.accepted_kop, new.paid_kop, new.decided_at, new.return_reason, new.note) then
    refused := 'nobody decides on what the same organisation has submitted';
  elsif old.accepted_kop is not null and new.accepted_kop is distinct from old.accepted_kop then
    refused := 'an act is accepted once';
  elsif old.first_submitted_at is not null and new.first_submitted_at is distinct from old.first_submitted_at then
    refused := 'an act was submitted when it was';
  end if;
  if refused is not null then
    raise exception '%', refused using errcode = 'check_violation', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger service_act_is_decided_by_another before update on service_act for each row execute function mistok.keep_service_act();

create function mistok.keep_service_act_line() returns trigger language plpgsql as $$
begin
  if old.accepted_parts is not null then
    raise exception 'a line of an act is accepted once' using errcode = 'check_violation', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger service_act_line_is_accepted_once before update on service_act_line for each row execute function mistok.keep_service_act_line();

-- The sums that stand in a contract are those of its parts: asked once more before each commit that has changed them.
create function mistok.contract_adds_up() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  refused text;
begin
  select case
      when c.paid_kop <> (select coalesce(sum(p.amount_kop), 0) from payment p where p.contract_id = c.id) then 'what is paid is the sum of its payments'
      when c.accepted_kop <> (select coalesce(sum(a.accepted_kop), 0) from service_act a where a.contract_id = c.id) then 'what is accepted is the sum of its acts'
      when exists (select from contract_terms t where t.contract_id = c.id and t.amount_kop is distinct from
        (select sum(l.amount_kop) from contract_line l where l.contract_id = c.id and l.terms = t.lines_of)) then 'an amount is the sum of its lines'
      when (select coalesce(sum(x.amount_kop), 0) from tranche x where x.contract_id = c.id and x.until_terms is null and x.status not in ('WITHHELD', 'CANCELLED'))
        > (select t.amount_kop from contract_terms t where t.contract_id = c.id order by t.number desc limit 1) then 'tranches are parts of the amount'
    end into refused
  from funding_contract c where c.id = new.id;
  if refused is not null then
    raise exception '%', refused using errcode = 'check_violation', constraint = tg_name;
  end if;
  return null;
end $$;
revoke execute on function mistok.contract_adds_up() from public;
create constraint trigger funding_contract_adds_up after insert or update on funding_contract deferrable initially deferred
  for each row execute function mistok.contract_adds_up();

-- The same of an act and the lines of its last round.
create function mistok.service_act_adds_up() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  act uuid := case tg_table_name when 'service_act' then (to_jsonb(new) ->> 'id')::uuid else (to_jsonb(new) ->> 'act_id')::uuid end;
begin
  if exists (
    select from service_act a cross join lateral (
      select coalesce(sum(l.claimed_kop), 0) as claimed, sum(l.accepted_kop) as accepted from service_act_line l where l.act_id = a.id and l.round = a.round
    ) s
    where a.id = act and (a.claimed_kop, a.accepted_kop) is distinct from (s.claimed, s.accepted)
  ) then
    raise exception 'an act is the sum of its lines' using errcode = 'check_violation', constraint = tg_name;
  end if;
  return null;
end $$;
revoke execute on function mistok.service_act_adds_up() from public;
create constraint trigger service_act_adds_up after insert or update on service_act deferrable initially deferred
  for each row execute function mistok.service_act_adds_up();
create constraint trigger service_act_line_adds_up after insert or update on service_act_line deferrable initially deferred
  for each row execute function mistok.service_act_adds_up();

-- What the provider of a contract has recorded in its place on the days asked for, for the parties alone: how much, of which service;
-- of group work the kind and the course, by which the program knows the service. No person, no case. Anybody may write a contract with
-- anybody's name in it: a funder other than the Fund is shown work once the provider has submitted an act under it.
create function mistok.contract_work(contracts uuid[], firsts date[], lasts date[])
returns table (contract_id uuid, month date, service_id uuid, kind text, programme text, quantity bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select c.id, date_trunc('month', w.day)::date, w.service_id, w.kind, w.programme, sum(w.quantity)::bigint
  from unnest(contracts, firsts, lasts) asked (id, first, last)
  join funding_contract c on c.id = asked.id
    and c.signed_at is not null and (c.provider_id = mistok.current_org() or (mistok.funds(c.funder_id, c.of_fund, c.region_code)
      and (c.of_fund or exists (select from service_act a where a.contract_id = c.id and a.first_submitted_at is not null))))
  cross join lateral (
    select d.occurred_on, d.service_id, null, null, d.quantity from service_delivery d
    where c.centre_id is not null and d.centre_id = c.centre_id and d.organization_id = c.provider_id and d.occurred_on between asked.first and asked.last
      and not d.voided and d.activity_id is null
    union all
    select d.occurred_on, d.service_id, null, null, d.quantity from service_delivery d
    where c.centre_id is null and d.organization_id = c.provider_id and d.occurred_on between asked.first and asked.last and d.territory_code = c.territory_code
      and not d.voided and d.activity_id is null
    union all
    select a.occurred_on, null, a.kind, g.programme, a.participants from activity a left join "group" g on g.id = a.group_id
    where c.centre_id is not null and a.centre_id = c.centre_id and a.organization_id = c.provider_id and a.occurred_on between asked.first and asked.last
      and not a.voided and a.participants > 0
    union all
    select a.occurred_on, null, a.kind, g.programme, a.participants from activity a left join "group" g on g.id = a.group_id
    where c.centre_id is null and a.organization_id = c.provider_id and a.occurred_on between asked.first and asked.last and a.territory_code = c.territory_code
      and not a.voided and a.participants > 0
  ) w (day, service_id, kind, programme, quantity)
  group by 1, 2, 3, 4, 5
$$;
revoke execute on function mistok.contract_work(uuid[], date[], date[]) from public;
grant execute on function mistok.contract_work(uuid[], date[], date[]) to mistok_app;
-- Work of a centre in the order of its days.
create index service_delivery_centre_day on service_delivery (centre_id, occurred_on);
drop index service_delivery_centre;
create index activity_centre_day on activity (centre_id, occurred_on);
drop index activity_centre;
