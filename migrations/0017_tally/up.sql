-- The roll-up of figures: what happened in an organisation on a day, counted as it is written and never by reading the country's rows.
-- A figure is a sum of entries. A change adds entries and never touches one, so that no writer waits for another; the server folds
-- fresh entries together when it has time, and the sum stays the same. No entry names a person, a case or a referral.
-- Its rows follow from rows that hold the keys already: they are not asked for again, entry by entry.
create table tally (
  organization_id uuid not null,
  centre_id uuid,
  territory_code text not null,
  day date not null, -- by the calendar of Kyiv
  measure text not null,
  service_id uuid,
  word text, -- form of a delivery, kind of an activity, course of a group, purpose of an assessment, state of a referral
  category text,
  sex text,
  age_band text,
  amount bigint not null,
  fresh boolean not null,
  constraint tally_measure_is_a_word check (measure in (
    'DELIVERY', 'EVENT', 'PARTICIPANT', 'COURSE', 'MEMBER', 'CASE_OPENED', 'CASE_CLOSED', 'CASE_ENDED', 'ASSESSMENT',
    'SENT', 'ACCEPTED', 'DECLINED', 'COMPLETED', 'OVERDUE'))
);
-- The figures of one organisation out of the index alone: its entries lie scattered over those of the whole country.
create index tally_organization on tally (organization_id, measure, day) include (word, centre_id, territory_code, service_id, category, sex, age_band, amount);
create index tally_day on tally (day); -- a release
create index tally_open on tally (measure, word, day) include (organization_id, centre_id, territory_code, category, amount) where measure in ('EVENT', 'COURSE');
create index tally_fresh on tally (organization_id) where fresh;
alter table tally enable row level security;
alter table tally force row level security;
create policy keeper on tally to mistok_owner using (true) with check (true);
create policy own on tally for select to mistok_app using (organization_id = (select mistok.current_org()));
-- A release counts for all.
create policy released on tally for select to mistok_app using ((select mistok.current_errand()) = 'release');
grant select on tally to mistok_app;

-- What counts no people, by month and territory, and once more by month and region: what everybody may ask of the whole country, in
-- as many rows as the answer has parts. It holds what was folded; fresh entries come on top.
create table open_month (
  of_region boolean not null,
  measure text not null,
  word text not null,
  month date not null, -- its first day
  territory_code text not null, -- or the region
  amount bigint not null,
  constraint open_month_pkey primary key (of_region, measure, word, month, territory_code)
);
alter table open_month enable row level security;
alter table open_month force row level security;
create policy keeper on open_month to mistok_owner using (true) with check (true);

-- What a row adds to the figures follows from the row alone (and from what never changes): hence a change takes away what the row
-- added and adds what it adds now. Called by the functions below alone, whose search_path holds here too: with one of its own each
-- would be a call for every row and not a part of the statement, which is a hundred times as much.
create function mistok.tally_of(d service_delivery) returns setof tally language sql stable as $$
  select d.organization_id, d.centre_id, d.territory_code, d.occurred_on, 'DELIVERY', d.service_id, d.form, d.target_category, d.sex, d.age_band,
    d.quantity::bigint, true
  where not d.voided and d.activity_id is null -- an attendance is counted by its activity
$$;
create function mistok.tally_of(a activity) returns setof tally language sql stable as $$
  select a.organization_id, a.centre_id, a.territory_code, a.occurred_on, c.measure, null::uuid, a.kind, a.target_category, null, null, c.amount, true
  from (values ('EVENT', 1::bigint), ('PARTICIPANT', a.participants::bigint)) c (measure, amount)
  where not a.voided and c.amount > 0
$$;
create function mistok.tally_of(g "group") returns setof tally language sql stable as $$
  select g.organization_id, g.centre_id, t.territory_code, g.started_on, c.measure, null::uuid, g.programme, null, null, null, c.amount, true
  from centre t, (values ('COURSE', 1::bigint), ('MEMBER', g.members::bigint)) c (measure, amount)
  where t.id = g.centre_id
$$;
create function mistok.tally_of(c "case") returns setof tally language sql stable as $$
  select c.organization_id, c.centre_id, c.territory_code, e.day, e.measure, null::uuid, null, c.primary_category, c.sex, c.age_band, 1::bigint, true
  from (values
    ('CASE_OPENED', c.opened_on),
    ('CASE_CLOSED', case when c.status = 'CLOSED' then c.closed_on end),
    ('CASE_ENDED', case c.status when 'CLOSED' then c.closed_on when 'REFUSED' then (c.updated_at at time zone 'Europe/Kyiv')::date end)) e (measure, day)
  where c.status <> 'ENTERED_IN_ERROR' and e.day is not null
$$;
create function mistok.tally_of(a assessment) returns setof tally language sql stable as $$
  select c.organization_id, c.centre_id, c.territory_code, a.assessed_on, 'ASSESSMENT', null::uuid, a.purpose, null, null, null, 1::bigint, true
  from "case" c where c.id = a.case_id
$$;
create function mistok.tally_of(r referral) returns setof tally language sql stable as $$
  select r.sender_id, r.sender_centre_id, r.territory_code, (e.at at time zone 'Europe/Kyiv')::date, e.measure, r.service_id, r.status, null, null, null, 1::bigint, true
  from (values
    ('SENT', r.sent_at),
    ('ACCEPTED', r.accepted_at),
    ('DECLINED', case when r.status = 'DECLINED' then r.ended_at end),
    ('COMPLETED', case when r.status = 'COMPLETED' then r.ended_at end)) e (measure, at)
  where r.sent_at is not null and r.status <> 'ENTERED_IN_ERROR' and e.at is not null
$$;
-- A referral that was not answered in time, on the day on which the time was over.
create function mistok.tally_of(k referral_clock) returns setof tally language sql stable as $$
  select r.sender_id, r.sender_centre_id, r.territory_code, (k.due_at at time zone 'Europe/Kyiv')::date, 'OVERDUE', r.service_id, null, null, null, null, 1::bigint, true
  from referral r where r.id = k.referral_id and k.phase = 'RESPOND' and k.breached_at is not null
$$;

-- Once for a statement, not for a row: a call of a thousand rows is counted together, and what is alike is one entry. A function for
-- each table, since the rows of a statement have no type of their own.
do $do$
declare
  t text;
begin
  foreach t in array array['service_delivery', 'activity', 'group', 'case', 'assessment', 'referral', 'referral_clock'] loop
    execute format($make$
      create function mistok.%1$I() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
      begin
        if tg_op = 'INSERT' then
          insert into tally
          select n.organization_id, n.centre_id, n.territory_code, n.day, n.measure, n.service_id, n.word, n.category, n.sex, n.age_band, sum(n.amount), true
          from becomes b cross join lateral mistok.tally_of(row(b.*)::%2$I) n group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;
        else
          insert into tally
          select e.organization_id, e.centre_id, e.territory_code, e.day, e.measure, e.service_id, e.word, e.category, e.sex, e.age_band, sum(e.amount), true
          from (
            select o.organization_id, o.centre_id, o.territory_code, o.day, o.measure, o.service_id, o.word, o.category, o.sex, o.age_band, -o.amount as amount
            from was w cross join lateral mistok.tally_of(row(w.*)::%2$I) o
            union all
            select n.organization_id, n.centre_id, n.territory_code, n.day, n.measure, n.service_id, n.word, n.category, n.sex, n.age_band, n.amount
            from becomes b cross join lateral mistok.tally_of(row(b.*)::%2$I) n
          ) e
          group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 having sum(e.amount) <> 0;
        end if;
        return null;
      end $$$make$, 'count_' || t, t);
    execute format('revoke execute on function mistok.%I() from public', 'count_' || t);
    execute format('create trigger %I after insert on %I referencing new table as becomes for each statement execute function mistok.%I()',
      t || '_is_counted', t, 'count_' || t);
    continue when t in ('group', 'assessment'); -- they never change
    execute format('create trigger %I after update on %I referencing old table as was new table as becomes for each statement execute function mistok.%I()',
      t || '_is_counted_anew', t, 'count_' || t);
  end loop;
end $do$;

-- What was entered in error is out of every figure, with all that hangs on it.
create function mistok.forget_assessments() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into tally
  select t.organization_id, t.centre_id, t.territory_code, t.day, t.measure, t.service_id, t.word, t.category, t.sex, t.age_band, -t.amount, true
  from assessment a cross join lateral mistok.tally_of(a) t where a.case_id = new.id;
  return null;
end $$;
create trigger case_in_error_takes_its_assessments_along after update on "case" for each row
  when (new.status = 'ENTERED_IN_ERROR' and old.status <> 'ENTERED_IN_ERROR') execute function mistok.forget_assessments();
create function mistok.forget_overdue() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into tally
  select t.organization_id, t.centre_id, t.territory_code, t.day, t.measure, t.service_id, t.word, t.category, t.sex, t.age_band, -t.amount, true
  from referral_clock k cross join lateral mistok.tally_of(k) t where k.referral_id = new.id;
  return null;
end $$;
create trigger referral_in_error_takes_its_delay_along after update on referral for each row
  when (new.status = 'ENTERED_IN_ERROR' and old.status <> 'ENTERED_IN_ERROR') execute function mistok.forget_overdue();

-- Every figure counted anew from the rows: what the roll-up must be equal to at any time.
create function mistok.count_tally() returns setof tally language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select t.* from service_delivery d cross join lateral mistok.tally_of(d) t
  union all select t.* from activity a cross join lateral mistok.tally_of(a) t
  union all select t.* from "group" g cross join lateral mistok.tally_of(g) t
  union all select t.* from "case" c cross join lateral mistok.tally_of(c) t
  union all select t.* from assessment a join "case" c on c.id = a.case_id and c.status <> 'ENTERED_IN_ERROR' cross join lateral mistok.tally_of(a) t
  union all select t.* from referral r cross join lateral mistok.tally_of(r) t
  union all select t.* from referral_clock k join referral r on r.id = k.referral_id and r.status <> 'ENTERED_IN_ERROR' cross join lateral mistok.tally_of(k) t
$$;

-- Throws the roll-up away and counts it anew, while nobody writes.
create function mistok.rebuild_tally() returns bigint language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  entries bigint;
begin
  lock table service_delivery, activity, "group", "case", assessment, referral, referral_clock in share mode;
  delete from tally;
  delete from open_month;
  insert into tally
  select organization_id, centre_id, territory_code, day, measure, service_id, word, category, sex, age_band, sum(amount), false
  from mistok.count_tally() group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;
  get diagnostics entries = row_count;
  insert into open_month
  select r.of_region, t.measure, t.word, date_trunc('month', t.day)::date, case when r.of_region then h.region_code else t.territory_code end, sum(t.amount)
  from tally t join territory h on h.code = t.territory_code cross join (values (false), (true)) r (of_region)
  where t.measure in ('EVENT', 'COURSE') group by 1, 2, 3, 4, 5;
  return entries;
end $$;

-- Folds fresh entries into the others; who calls it holds the lease. Returns how many it took.
create function mistok.fold_tally(most integer) returns bigint language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
  with taken as (
    delete from tally where ctid = any(array(select t.ctid from tally t where t.fresh limit most for update skip locked)) returning *
  ), parts as (
    select organization_id, centre_id, territory_code, day, measure, service_id, word, category, sex, age_band, sum(amount) as amount
    from taken group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
  ), stood as (
    delete from tally t using parts p
    where not t.fresh and t.organization_id = p.organization_id and t.measure = p.measure and t.day = p.day and t.territory_code = p.territory_code
      and (t.centre_id, t.service_id, t.word, t.category, t.sex, t.age_band)
        is not distinct from (p.centre_id, p.service_id, p.word, p.category, p.sex, p.age_band)
    returning t.*
  ), put as (
    insert into tally
    select organization_id, centre_id, territory_code, day, measure, service_id, word, category, sex, age_band, sum(amount), false
    from (select organization_id, centre_id, territory_code, day, measure, service_id, word, category, sex, age_band, amount from parts
      union all select organization_id, centre_id, territory_code, day, measure, service_id, word, category, sex, age_band, amount from stood) e
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 having sum(amount) <> 0
  ), told as (
    insert into open_month as o
    select r.of_region, t.measure, t.word, date_trunc('month', t.day)::date, case when r.of_region then h.region_code else t.territory_code end, sum(t.amount)
    from taken t join territory h on h.code = t.territory_code cross join (values (false), (true)) r (of_region)
    where t.measure in ('EVENT', 'COURSE') group by 1, 2, 3, 4, 5
    on conflict (of_region, measure, word, month, territory_code) do update set amount = o.amount + excluded.amount
  )
  select count(*) from taken
$$;
-- One's own entries, added up as far as a question divides them. In one pass and without sorting: the planner cannot know how many
-- entries an organisation has, and would sort hundreds of thousands.
create function mistok.own_tally(measures text[], first date, last date, by_centre boolean, by_territory boolean, by_day boolean, by_service boolean,
  by_category boolean, by_sex boolean, by_age_band boolean) returns setof tally
language sql stable security definer set search_path = pg_catalog, public, pg_temp set enable_sort = off set work_mem = '16MB' as $$
  select t.organization_id, case when $4 then t.centre_id end, case when $5 then t.territory_code end, case when $6 then t.day end, t.measure,
    case when $7 then t.service_id end, t.word, case when $8 then t.category end, case when $9 then t.sex end, case when $10 then t.age_band end,
    sum(t.amount)::bigint, false
  from tally t where t.organization_id = (select mistok.current_org()) and t.measure = any($1) and t.day between $2 and $3
  group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
$$;
-- What counts no people is open: events and courses of everybody, live. No column tells persons apart, and no row is one organisation's secret.
create function mistok.open_tally(measures text[], words text[], first date, last date, by_organization boolean, by_centre boolean, by_territory boolean,
  by_day boolean, by_category boolean) returns setof tally
language sql stable security definer set search_path = pg_catalog, public, pg_temp set enable_sort = off set work_mem = '16MB' as $$
  select case when $5 then t.organization_id end, case when $6 then t.centre_id end, case when $7 then t.territory_code end, case when $8 then t.day end,
    t.measure, null::uuid, t.word, case when $9 then t.category end, null, null, sum(t.amount)::bigint, false
  from tally t where t.measure in ('EVENT', 'COURSE') and t.measure = any($1) and t.word = any($2) and t.day between $3 and $4
  group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
$$;
-- The same of whole months, by territory or by region.
create function mistok.open_months(of_region boolean, measures text[], words text[], first date, last date) returns setof open_month
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select * from open_month o where o.of_region = $1 and o.measure = any($2) and o.word = any($3) and o.month between $4 and $5
  union all
  select $1, t.measure, t.word, date_trunc('month', t.day)::date, case when $1 then h.region_code else t.territory_code end, t.amount
  from tally t join territory h on h.code = t.territory_code
  where t.fresh and t.measure in ('EVENT', 'COURSE') and t.measure = any($2) and t.word = any($3) and t.day between $4 and $5
$$;
revoke execute on function mistok.own_tally(text[], date, date, boolean, boolean, boolean, boolean, boolean, boolean, boolean),
  mistok.open_tally(text[], text[], date, date, boolean, boolean, boolean, boolean, boolean), mistok.open_months(boolean, text[], text[], date, date) from public;
grant execute on function mistok.own_tally(text[], date, date, boolean, boolean, boolean, boolean, boolean, boolean, boolean),
  mistok.open_tally(text[], text[], date, date, boolean, boolean, boolean, boolean, boolean), mistok.open_months(boolean, text[], text[], date, date) to mistok_app;
revoke execute on function mistok.forget_assessments(), mistok.forget_overdue(), mistok.count_tally(), mistok.rebuild_tally(),
  mistok.fold_tally(integer), mistok.tally_of(service_delivery), mistok.tally_of(activity), mistok.tally_of("group"), mistok.tally_of("case"),
  mistok.tally_of(assessment), mistok.tally_of(referral), mistok.tally_of(referral_clock) from public;
grant execute on function mistok.fold_tally(integer) to mistok_app;

select mistok.rebuild_tally(); -- what was there before
