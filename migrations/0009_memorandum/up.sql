-- Memoranda of cooperation (меморандум про співпрацю): between the provider of a centre and its partners. They decide to whom
-- people may be sent, for which services, where, and what may be told. Their parties see them, and who oversees; strangers do not.

create table memorandum (
  id uuid constraint memorandum_pkey primary key,
  number text not null, -- on the paper
  title text not null,
  centre_id uuid not null constraint memorandum_centre references centre,
  provider_id uuid not null constraint memorandum_provider references organization, -- of the centre; moves the memorandum as a whole
  region_code text not null constraint memorandum_region references territory, -- of the centre: what a branch of the Fund looks after
  effective_from date not null,
  effective_to date, -- inclusive; null: without an end
  field_groups text[] not null, -- what may be told of a person at all
  retention_days integer not null, -- how long a receiver may read after the end of a referral
  onward_referral boolean not null,
  supersedes_id uuid constraint memorandum_supersedes references memorandum, -- it renews that one
  invited_at timestamptz, -- when it left its provider's desk; until then nobody else knows of it
  suspended_at timestamptz, -- since when it is suspended; null: it is not
  terminated_at timestamptz,
  in_force_told_at timestamptz, -- when its coming into force was published
  ended_told_at timestamptz, -- when its end was published
  warned_days integer, -- the warning of so many days before the end was published
  known_to uuid[] not null default '{}', -- its provider, and each partner from its invitation on; kept by a trigger
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null,
  constraint memorandum_number_is_unique unique (provider_id, number),
  constraint memorandum_is_renewed_once unique (supersedes_id),
  constraint memorandum_ends_after_it_begins check (effective_to >= effective_from),
  constraint memorandum_field_groups_are_words check (field_groups <@ array[
    'DEMOGRAPHICS', 'CONTACT', 'ADDRESS', 'CAREGIVER', 'REASON', 'SERVICES_HISTORY', 'ASSESSMENT_SUMMARY', 'SENSITIVE']),
  constraint memorandum_retention_has_bounds check (retention_days between 0 and 1095)
);
create index memorandum_newest on memorandum (created_at desc, id desc);
create index memorandum_centre_newest on memorandum (centre_id, created_at desc, id desc);
create index memorandum_provider_newest on memorandum (provider_id, created_at desc, id desc);
create index memorandum_region on memorandum (region_code);
create index memorandum_to_begin on memorandum (effective_from) where in_force_told_at is null and terminated_at is null;
create index memorandum_to_end on memorandum (effective_to) where ended_told_at is null;

create table memorandum_party (
  memorandum_id uuid not null constraint memorandum_party_memorandum references memorandum,
  organization_id uuid not null constraint memorandum_party_organization references organization,
  role text not null,
  status text not null,
  invited_at timestamptz,
  signed_on text, -- a partial date: what stands on the paper
  signed_at timestamptz, -- from when the signature counts: its recording, or the past of a paper memorandum
  withdrawn_at timestamptz,
  bound_from timestamptz, -- what follows from all dates: while the party is bound. Read by the walls; kept by the rules
  bound_until timestamptz, -- null: without an end
  wound_down_at timestamptz, -- when the server has closed what was still open after its end
  constraint memorandum_party_pkey primary key (memorandum_id, organization_id),
  constraint memorandum_party_role_is_a_word check (role in ('CENTRE_PROVIDER', 'PARTNER')),
  constraint memorandum_party_status_is_a_word check (status in ('DRAFTED', 'INVITED', 'SIGNED', 'WITHDRAWN')),
  constraint memorandum_party_signed_on_is_a_partial_date check (signed_on ~ '^([0-9]{4}(-[0-9]{2}){0,2}|XXXX-[0-9]{2}-[0-9]{2})$'),
  constraint memorandum_party_is_bound_by_its_signature check ((bound_from is null) = (signed_at is null))
);
create index memorandum_party_organization on memorandum_party (organization_id, memorandum_id);
create index memorandum_party_to_wind_down on memorandum_party (bound_until) where wound_down_at is null;

-- Which services, where: a region or a raion covers the hromadas below it.
create table memorandum_coverage (
  memorandum_id uuid not null constraint memorandum_coverage_memorandum references memorandum,
  service_id uuid not null constraint memorandum_coverage_service references service_type,
  territory_code text not null constraint memorandum_coverage_territory references territory,
  constraint memorandum_coverage_pkey primary key (memorandum_id, service_id, territory_code)
);
create index memorandum_coverage_service on memorandum_coverage (service_id);
create index memorandum_coverage_territory on memorandum_coverage (territory_code);

-- What has happened to it: append-only. The status of every day follows from this and the dates.
create table memorandum_event (
  id uuid constraint memorandum_event_pkey primary key,
  memorandum_id uuid not null constraint memorandum_event_memorandum references memorandum,
  at timestamptz not null, -- when it took effect
  kind text not null, -- a kind of change of the journal
  organization_id uuid constraint memorandum_event_organization references organization, -- null: the server, when a time had come
  reason text
);
create index memorandum_event_memorandum on memorandum_event (memorandum_id, at, id);
create index memorandum_event_organization on memorandum_event (organization_id);

-- The status from a day on, as it follows: a path for lists and counts, written anew with each event.
create table memorandum_span (
  memorandum_id uuid not null constraint memorandum_span_memorandum references memorandum,
  since date not null,
  status text not null,
  constraint memorandum_span_pkey primary key (memorandum_id, since),
  constraint memorandum_span_status_is_a_word check (status in (
    'DRAFT', 'NEGOTIATION', 'SIGNED', 'IN_FORCE', 'SUSPENDED', 'EXPIRED', 'TERMINATED'))
);

-- Who knows of a memorandum stands in its own row: the policies of the two tables would otherwise ask each other in a ring, and a
-- function that is asked for a stranger's row alone would tell that there is one.
create function mistok.keep_known_to() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update memorandum m set known_to = (
    select array_agg(p.organization_id order by p.organization_id) from memorandum_party p
    where p.memorandum_id = m.id and (p.role = 'CENTRE_PROVIDER' or p.status <> 'DRAFTED'))
  where m.id = new.memorandum_id;
  return null;
end $$;
create trigger keep_known_to after insert or update of status on memorandum_party for each row execute function mistok.keep_known_to();

-- What a branch of the Fund looks after.
create function mistok.current_region() returns text language sql stable
  as $$ select t.region_code from public.organization o join public.territory t on t.code = o.territory_code where o.id = mistok.current_org() $$;
-- Partners of centres under memoranda in force on a day: how many, not which. Public, as the figure that people quote.
create function mistok.partner_counts(centres uuid[], on_day date) returns table (centre_id uuid, count bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select m.centre_id, count(distinct p.organization_id) from memorandum m join memorandum_party p on p.memorandum_id = m.id and p.role = 'PARTNER'
  where m.centre_id = any(centres)
    and (p.signed_at at time zone 'Europe/Kyiv')::date <= on_day
    and coalesce((p.withdrawn_at at time zone 'Europe/Kyiv')::date > on_day, true)
    and (select s.status from memorandum_span s where s.memorandum_id = m.id and s.since <= on_day order by s.since desc limit 1) = 'IN_FORCE'
  group by m.centre_id
$$;
revoke execute on function mistok.keep_known_to(), mistok.partner_counts(uuid[], date) from public;
grant execute on function mistok.partner_counts(uuid[], date) to mistok_app;

do $$
declare
  t text;
begin
  foreach t in array array['memorandum', 'memorandum_party', 'memorandum_coverage', 'memorandum_event', 'memorandum_span'] loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy keeper on %s to mistok_owner using (true) with check (true)', t);
    execute format('grant select, insert on %s to mistok_app', t);
  end loop;
  -- Who sees a memorandum sees its parts.
  foreach t in array array['memorandum_party', 'memorandum_coverage', 'memorandum_event', 'memorandum_span'] loop
    execute format('create policy seen on %s for select to mistok_app using (exists (select from memorandum m where m.id = memorandum_id))', t);
  end loop;
  -- Its provider writes its terms and names its partners.
  foreach t in array array['memorandum_party', 'memorandum_coverage'] loop
    execute format('create policy written on %s for insert to mistok_app with check (exists (
      select from memorandum m where m.id = memorandum_id and m.provider_id = (select mistok.current_org())))', t);
  end loop;
end $$;

create policy own on memorandum for select to mistok_app using (provider_id = (select mistok.current_org()));
create policy known on memorandum for select to mistok_app using ((select mistok.current_org()) = any(known_to));
-- Who oversees reads what has left its provider's desk. It holds no person.
create policy overseen on memorandum for select to mistok_app using (invited_at is not null
  and ((select mistok.current_kind()) in ('MINISTRY', 'OVERSIGHT_BODY', 'FUND')
    or ((select mistok.current_kind()) = 'FUND_BRANCH' and region_code = (select mistok.current_region()))));
create policy written on memorandum for insert to mistok_app with check (provider_id = (select mistok.current_org())
  and exists (select from centre c where c.id = centre_id and c.provider_id = (select mistok.current_org())));
-- Each party moves its version: a signature is a change of the whole. Whose the terms are, the triggers say.
create policy moved on memorandum for update to mistok_app
  using ((select mistok.current_org()) = any(provider_id || known_to))
  with check ((select mistok.current_org()) = any(provider_id || known_to));
create policy ending on memorandum for select to mistok_app using ((select mistok.current_errand()) = 'expiry');
create policy ended on memorandum for update to mistok_app using ((select mistok.current_errand()) = 'expiry') with check ((select mistok.current_errand()) = 'expiry');
grant update (title, effective_from, effective_to, field_groups, retention_days, onward_referral, invited_at, suspended_at, terminated_at,
  in_force_told_at, ended_told_at, warned_days, updated_at, version) on memorandum to mistok_app;

create policy moved on memorandum_party for update to mistok_app
  using (organization_id = (select mistok.current_org()) or exists (
    select from memorandum m where m.id = memorandum_id and m.provider_id = (select mistok.current_org())))
  with check (organization_id = (select mistok.current_org()) or exists (
    select from memorandum m where m.id = memorandum_id and m.provider_id = (select mistok.current_org())));
create policy ended on memorandum_party for update to mistok_app using ((select mistok.current_errand()) = 'expiry') with check ((select mistok.current_errand()) = 'expiry');
grant update (status, invited_at, signed_on, signed_at, withdrawn_at, bound_from, bound_until, wound_down_at) on memorandum_party to mistok_app;

create policy replaced on memorandum_coverage for delete to mistok_app using (exists (
  select from memorandum m where m.id = memorandum_id and m.provider_id = (select mistok.current_org())));
grant delete on memorandum_coverage to mistok_app;

create policy noted on memorandum_event for insert to mistok_app with check (
  (organization_id = (select mistok.current_org()) or (organization_id is null and (select mistok.current_errand()) = 'expiry')
    -- Of a paper memorandum its provider tells who has signed, as it stands on the paper.
    or (kind = 'MEMORANDUM_SIGNED' and exists (select from memorandum m join memorandum_party p on p.memorandum_id = m.id
      where m.id = memorandum_event.memorandum_id and m.provider_id = (select mistok.current_org())
        and p.organization_id = memorandum_event.organization_id and p.signed_at = memorandum_event.at)))
  and exists (select from memorandum m where m.id = memorandum_id));

-- A path: if it is wrong, a list misses a row. Parties write it with each event; the walls do not read it.
create policy computed on memorandum_span for insert to mistok_app with check (exists (
  select from memorandum m where m.id = memorandum_id and (select mistok.current_org()) = any(m.provider_id || m.known_to)));
create policy replaced on memorandum_span for delete to mistok_app using (exists (
  select from memorandum m where m.id = memorandum_id and (select mistok.current_org()) = any(m.provider_id || m.known_to)));
grant delete on memorandum_span to mistok_app;

-- Laws that no policy can say, since it does not see the row as it was.
create function mistok.keep_memorandum() returns trigger language plpgsql as $$
declare
  refused text;
begin
  if (old.title, old.effective_from, old.effective_to, old.field_groups, old.retention_days, old.onward_referral, old.invited_at, old.suspended_at, old.terminated_at)
      is distinct from (new.title, new.effective_from, new.effective_to, new.field_groups, new.retention_days, new.onward_referral, new.invited_at, new.suspended_at, new.terminated_at)
      and mistok.current_org() is distinct from old.provider_id then
    refused := 'only its provider moves a memorandum';
  elsif (old.effective_from, old.effective_to, old.field_groups, old.retention_days, old.onward_referral)
      is distinct from (new.effective_from, new.effective_to, new.field_groups, new.retention_days, new.onward_referral)
      and exists (select from public.memorandum_party p where p.memorandum_id = old.id and p.signed_at is not null) then
    refused := 'the terms of a memorandum are fixed by the first signature';
  elsif old.terminated_at is not null and new.terminated_at is distinct from old.terminated_at then
    refused := 'a memorandum that was terminated stays so';
  end if;
  if refused is not null then
    raise exception '%', refused using errcode = 'check_violation', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger memorandum_is_its_provider_s before update on memorandum for each row execute function mistok.keep_memorandum();

create function mistok.keep_memorandum_party() returns trigger language plpgsql as $$
declare
  refused text;
begin
  if (old.signed_at, old.signed_on) is distinct from (new.signed_at, new.signed_on)
      and (old.signed_at is not null or mistok.current_org() is distinct from old.organization_id) then
    refused := 'each party signs once and for itself';
  elsif old.withdrawn_at is distinct from new.withdrawn_at and (old.withdrawn_at is not null or mistok.current_org() is distinct from old.organization_id) then
    refused := 'each party leaves once and by itself';
  end if;
  if refused is not null then
    raise exception '%', refused using errcode = 'check_violation', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger memorandum_party_acts_for_itself before update on memorandum_party for each row execute function mistok.keep_memorandum_party();
