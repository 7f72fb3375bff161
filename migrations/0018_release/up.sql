-- Releases: on the 10th the past month is frozen, and what is published of it never changes. Here stands what was decided once;
-- nobody counts or decides anew when somebody asks.
create table release (
  id uuid constraint release_pkey primary key,
  last_month date not null constraint release_month_is_frozen_once unique, -- its first day; all earlier months are published too
  published_at timestamptz not null,
  constraint release_month_is_its_first_day check (extract(day from last_month) = 1)
);
alter table release enable row level security;
alter table release force row level security;
create policy keeper on release to mistok_owner using (true) with check (true);
create policy public on release for select to mistok_app using (true);
create policy published on release for insert to mistok_app with check ((select mistok.current_errand()) = 'release');
grant select, insert on release to mistok_app;

-- One figure about people of a month, a place and a value of a dimension. What is not here is zero.
create table frozen_figure (
  indicator text not null,
  dimension text not null, -- empty: all of it
  value text not null, -- of the dimension
  level text not null,
  place text not null, -- code of the territory, id of the centre; UA for the country
  month date not null,
  amount bigint not null,
  officials boolean not null, -- whether the Ministry, oversight and the Fund are shown it
  everyone boolean not null,
  constraint frozen_figure_level_is_a_word check (level in ('COUNTRY', 'REGION', 'HROMADA', 'CENTRE')),
  constraint frozen_figure_is_more_than_zero check (amount > 0),
  constraint frozen_figure_for_everyone_is_for_officials check (officials or not everyone),
  constraint frozen_figure_value_is_of_a_dimension check ((dimension = '') = (value = '')),
  constraint frozen_figure_pkey primary key (indicator, dimension, level, month, place, value)
);
alter table frozen_figure enable row level security;
alter table frozen_figure force row level security;
create policy keeper on frozen_figure to mistok_owner using (true) with check (true);
create policy frozen on frozen_figure for insert to mistok_app with check ((select mistok.current_errand()) = 'release');
grant insert on frozen_figure to mistok_app;

-- Figures about people as they are published to the asking organisation: of what is kept back not even the database says how much it is.
create function mistok.published(indicators text[], of_dimension text, of_level text, first date, last date)
returns table (indicator text, value text, place text, month date, amount bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select f.indicator, f.value, f.place, f.month, case when
      case when current_setting('mistok.kind', true) in ('MINISTRY', 'OVERSIGHT_BODY', 'FUND', 'FUND_BRANCH') then f.officials else f.everyone end then f.amount end
  from frozen_figure f
  where f.indicator = any($1) and f.dimension = $2 and f.level = $3 and f.month between $4 and $5
$$;

-- The last day that a partial date may mean; null where the year is not known.
create function mistok.last_day(partial text) returns date language sql immutable as $$
  select case when partial like 'XXXX%' then null else case length(partial)
    when 4 then (partial || '-12-31')::date
    when 7 then ((partial || '-01')::date + interval '1 month - 1 day')::date
    else partial::date end end
$$;

-- Distinct partner organisations under memoranda in force on a day: of each centre, hromada, region and provider, and of the country.
create function mistok.partner_figures(on_day date) returns table (level text, place text, count bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with partners as (
    select c.id as centre_id, c.provider_id, t.code, t.region_code, p.organization_id
    from memorandum m join memorandum_party p on p.memorandum_id = m.id and p.role = 'PARTNER'
      join centre c on c.id = m.centre_id join territory t on t.code = c.territory_code
    where (p.signed_at at time zone 'Europe/Kyiv')::date <= on_day
      and coalesce((p.withdrawn_at at time zone 'Europe/Kyiv')::date > on_day, true)
      and (select s.status from memorandum_span s where s.memorandum_id = m.id and s.since <= on_day order by s.since desc limit 1) = 'IN_FORCE'
  )
  select 'COUNTRY', 'UA', count(distinct organization_id) from partners
  union all select 'REGION', region_code, count(distinct organization_id) from partners group by 2
  union all select 'HROMADA', code, count(distinct organization_id) from partners group by 2
  union all select 'CENTRE', centre_id::text, count(distinct organization_id) from partners group by 2
  union all select 'PROVIDER', provider_id::text, count(distinct organization_id) from partners group by 2
$$;

-- Who stands behind the services of a month, as a release asks: each contact by itself, a case or nobody known. Attendances of group
-- work are people of whom nobody knows more.
create function mistok.recipients(first date, last date) returns table (
  organization_id uuid, centre_id uuid, territory_code text, case_id uuid, service_id uuid, form text, category text, sex text, age_band text, people bigint
) language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select d.organization_id, d.centre_id, d.territory_code, d.case_id, d.service_id, d.form, d.target_category, d.sex, d.age_band, 1::bigint
  from service_delivery d where d.occurred_on between $1 and $2 and not d.voided and d.activity_id is null and mistok.current_errand() = 'release'
$$;
create index service_delivery_of_a_day on service_delivery (occurred_on); -- the month of a release, of everybody
-- Few contacts are attendances: those alone are kept apart. Of all it was the largest index of the largest table.
drop index service_delivery_attendance_is_one;
create unique index service_delivery_attendance_is_one on service_delivery (activity_id, organization_id, case_id) where activity_id is not null;
revoke execute on function mistok.published(text[], text, text, date, date), mistok.partner_figures(date),
  mistok.recipients(date, date) from public;
grant execute on function mistok.published(text[], text, text, date, date), mistok.partner_figures(date),
  mistok.recipients(date, date) to mistok_app;
