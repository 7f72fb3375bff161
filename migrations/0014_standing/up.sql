-- How memoranda stand: a party that comes back, what one that has left goes on seeing, renewals that came to nothing, the days of a
-- status by an index. And figures of receivers so coarse that they tell of no single referral.

-- A partner that has left or declined may be invited again. It is then a party anew: what it was before stays in every past day.
alter table memorandum_party add entry smallint not null default 1;
alter table memorandum_party drop constraint memorandum_party_pkey,
  add constraint memorandum_party_pkey primary key (memorandum_id, organization_id, entry);
create unique index memorandum_party_is_in_once on memorandum_party (memorandum_id, organization_id) where status <> 'WITHDRAWN';

-- Who has left sees the memorandum as it was when it left; who has declined sees nothing. Kept by the same trigger as `known_to`.
alter table memorandum add left_by uuid[] not null default '{}';
alter table memorandum add left_at timestamptz[] not null default '{}'; -- in the same order
create or replace function mistok.keep_known_to() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update memorandum m set known_to = k.sees, left_by = k.has_left, left_at = k.at
  from (
    select coalesce(array_agg(p.organization_id order by p.organization_id) filter (where p.sees), '{}') as sees,
      coalesce(array_agg(p.organization_id order by p.organization_id) filter (where p.has_left), '{}') as has_left,
      coalesce(array_agg(p.at order by p.organization_id) filter (where p.has_left), '{}') as at
    from (
      select q.organization_id, q.sees, not q.sees and q.signed and q.at is not null as has_left, q.at
      from (
        select organization_id, bool_or(role = 'CENTRE_PROVIDER' or status in ('INVITED', 'SIGNED')) as sees,
          bool_or(signed_at is not null) as signed, max(withdrawn_at) as at
        from memorandum_party where memorandum_id = new.memorandum_id group by organization_id
      ) q
    ) p
  ) k
  where m.id = new.memorandum_id and (m.known_to, m.left_by, m.left_at) is distinct from (k.sees, k.has_left, k.at);
  return null;
end $$;
update memorandum_party set status = status where status = 'WITHDRAWN';

drop policy known on memorandum;
create policy known on memorandum for select to mistok_app using ((select mistok.current_org()) = any(known_to || left_by));
-- Who has left may ask for a step, to be told why there is none; it moves nothing.
drop policy moved on memorandum;
create policy moved on memorandum for update to mistok_app
  using ((select mistok.current_org()) = any(provider_id || known_to || left_by))
  with check ((select mistok.current_org()) = any(provider_id || known_to));
drop policy seen on memorandum_party;
create policy seen on memorandum_party for select to mistok_app using (exists (select from memorandum m where m.id = memorandum_id
  and (memorandum_party.invited_at <= m.left_at[array_position(m.left_by, (select mistok.current_org()))]) is not false));
drop policy seen on memorandum_event;
create policy seen on memorandum_event for select to mistok_app using (exists (select from memorandum m where m.id = memorandum_id
  and (memorandum_event.at <= m.left_at[array_position(m.left_by, (select mistok.current_org()))]) is not false));
drop policy seen on memorandum_span;
create policy seen on memorandum_span for select to mistok_app using (exists (select from memorandum m where m.id = memorandum_id
  and (memorandum_span.since <= (m.left_at[array_position(m.left_by, (select mistok.current_org()))] at time zone 'Europe/Kyiv')::date) is not false));

-- A renewal that was ended before anybody was bound by it renews nothing: another one may. Whether that is so, the trigger says.
alter table memorandum add ended_unsigned boolean not null default false;
create function mistok.was_signed(memorandum uuid) returns boolean language sql stable as $$
  select exists (select from public.memorandum_party a join public.memorandum_party b on b.memorandum_id = a.memorandum_id and b.role = 'PARTNER'
    where a.memorandum_id = $1 and a.role = 'CENTRE_PROVIDER' and a.signed_at is not null and b.signed_at is not null
      and coalesce(b.withdrawn_at > greatest(a.signed_at, b.signed_at), true))
$$;
update memorandum m set ended_unsigned = true where terminated_at is not null and not mistok.was_signed(m.id);
alter table memorandum drop constraint memorandum_is_renewed_once;
create unique index memorandum_is_renewed_once on memorandum (supersedes_id) where not ended_unsigned;
create index memorandum_supersedes on memorandum (supersedes_id);

create or replace function mistok.keep_memorandum() returns trigger language plpgsql as $$
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
  if old.terminated_at is null and new.terminated_at is not null then
    new.ended_unsigned := not mistok.was_signed(old.id);
  end if;
  return new;
end $$;

-- The status by days, with the last of them: what stands so on a day is found by an index. And it is told anew, since a memorandum
-- that was signed no longer goes back when its last partner leaves. The same rule as `memorandum/standing`.
alter table memorandum_span add until date; -- exclusive
alter table memorandum_span add created_at timestamptz; -- of the memorandum: by this lists are ordered
delete from memorandum_span;
with signed as (
  select a.memorandum_id as id, (min(greatest(a.signed_at, b.signed_at)) at time zone 'Europe/Kyiv')::date as day
  from memorandum_party a join memorandum_party b on b.memorandum_id = a.memorandum_id and b.role = 'PARTNER'
  where a.role = 'CENTRE_PROVIDER' and a.signed_at is not null and b.signed_at is not null
    and coalesce(b.withdrawn_at > greatest(a.signed_at, b.signed_at), true)
  group by a.memorandum_id
), dated as (
  select m.id, m.created_at, m.effective_from, m.effective_to, s.day as signed_on, (m.invited_at at time zone 'Europe/Kyiv')::date as invited_on,
    (m.terminated_at at time zone 'Europe/Kyiv')::date as terminated_on
  from memorandum m left join signed s on s.id = m.id and coalesce(s.day <= m.effective_to, true)
), event as (
  select e.memorandum_id as id, e.at, e.id as event_id, e.kind, (e.at at time zone 'Europe/Kyiv')::date as day from memorandum_event e
), days as (
  select id, date '0001-01-01' as since from dated
  union select id, unnest(array[effective_from, effective_to + 1, signed_on, invited_on, terminated_on]) from dated
  union select id, day from event where kind in ('MEMORANDUM_SUSPENDED', 'MEMORANDUM_RESUMED')
), told as (
  select d.id, d.since, m.created_at, case
      when m.terminated_on <= d.since then 'TERMINATED'
      when (m.signed_on <= d.since) is not true then case when m.invited_on <= d.since then 'NEGOTIATION' else 'DRAFT' end
      when m.effective_to < d.since then 'EXPIRED'
      when d.since < m.effective_from then 'SIGNED'
      when (select e.kind from event e where e.id = d.id and e.day <= d.since and e.kind in ('MEMORANDUM_SUSPENDED', 'MEMORANDUM_RESUMED')
        order by e.at desc, e.event_id desc limit 1) = 'MEMORANDUM_SUSPENDED' then 'SUSPENDED'
      else 'IN_FORCE'
    end as status
  from days d join dated m on m.id = d.id where d.since is not null
), changed as (
  select id, since, created_at, status, lag(status) over (partition by id order by since) as before from told
)
insert into memorandum_span (memorandum_id, since, status, until, created_at)
  select id, since, status, lead(since, 1, date '9999-12-31') over (partition by id order by since), created_at
  from changed where before is distinct from status;
alter table memorandum_span alter until set not null, alter created_at set not null;
-- Walked by lists of the whole country: all that a span must be stands in it, so that no row is touched in vain.
create index memorandum_span_newest on memorandum_span (created_at desc, memorandum_id desc, status, since, until);

-- Figures of receivers, so coarse that neither one more open referral nor one more answer is to be seen in them. They count what was so
-- when yesterday ended, so that nobody acts and looks at once what has moved. What comes and goes is counted by days for that.
alter table receiver_day drop constraint receiver_day_measure_is_a_word;
alter table receiver_day add constraint receiver_day_measure_is_a_word check (measure in (
  'ANSWERED', 'ENDED', -- as before
  'CAME', 'WENT')); -- sent, and no longer open
create or replace function mistok.figures_of(r referral) returns table (measure text, day date, tenths smallint)
language sql immutable as $$
  select 'OPEN', null::date, null::smallint where r.status in ('SENT', 'RECEIVED', 'ACCEPTED', 'IN_PROGRESS', 'ON_HOLD')
  union all
  select 'ANSWERED', (answer.at at time zone 'Europe/Kyiv')::date,
    least(greatest(round(extract(epoch from answer.at - r.sent_at) / 360), 0), 32767)::smallint
  from (select coalesce(r.accepted_at, case when r.status = 'DECLINED' then r.ended_at end) as at) answer
  where answer.at is not null and r.sent_at is not null and r.status <> 'ENTERED_IN_ERROR'
  union all
  select 'ENDED', (r.ended_at at time zone 'Europe/Kyiv')::date, 0::smallint
  where r.status in ('COMPLETED', 'NOT_COMPLETED', 'CANCELLED') and r.accepted_at is not null and r.ended_at is not null
  union all
  select 'CAME', (r.sent_at at time zone 'Europe/Kyiv')::date, 0::smallint where r.sent_at is not null and r.status <> 'ENTERED_IN_ERROR'
  union all
  select 'WENT', (r.ended_at at time zone 'Europe/Kyiv')::date, 0::smallint
  where r.status in ('DECLINED', 'COMPLETED', 'NOT_COMPLETED', 'CANCELLED') and r.sent_at is not null and r.ended_at is not null
$$;
-- Writers wait until what is there already is counted.
lock table referral in share row exclusive mode;
insert into receiver_day (organization_id, measure, day, tenths, count)
  select r.receiver_id, f.measure, f.day, f.tenths, count(*) from referral r cross join lateral mistok.figures_of(r) f
  where f.measure in ('CAME', 'WENT') group by 1, 2, 3, 4;

-- The one way out. Everyone who is known may ask about everyone.
-- The median of hours from the sending to the answer, over the answers of the last 180 days up to yesterday, if there were ten: told
-- as the next step of a ladder, so that one more answer hardly ever moves it, and who sees it move knows neither by which nor how far.
-- The band is how long the open work of yesterday evening would take at the pace of the last 90 days: up to a month LOW, up to two
-- MEDIUM, more HIGH. Open and ended work count by tens, the middle of each ten for all of it: none open and nine are the same, and
-- a single one shows only where a ten is full. With fewer than ten ended, or ten answers, there is no band: it would tell of one.
create or replace function mistok.receiver_figures(ids uuid[]) returns table (organization_id uuid, workload text, median_hours double precision)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with today as (select (mistok.now() at time zone 'Europe/Kyiv')::date as day),
  answers as (
    select d.organization_id, d.tenths, sum(sum(d.count)) over (partition by d.organization_id order by d.tenths) as up_to,
      sum(sum(d.count)) over (partition by d.organization_id) as total
    from receiver_day d cross join today
    where d.organization_id = any(ids) and d.measure = 'ANSWERED' and d.day between today.day - 180 and today.day - 1
    group by d.organization_id, d.tenths
  ),
  enough as (
    -- The middle one, or the mean of the middle two.
    select a.organization_id, (min(a.tenths) filter (where a.up_to >= div(a.total + 1, 2))::integer
      + min(a.tenths) filter (where a.up_to >= div(a.total, 2) + 1)::integer) / 20.0 as median_hours
    from answers a group by a.organization_id, a.total having a.total >= 10
  )
  select asked.id,
    case
      when e.organization_id is null or work.ended < 10 then 'UNKNOWN'
      when 3 * tens.open <= tens.ended then 'LOW'
      when 3 * tens.open <= 2 * tens.ended then 'MEDIUM'
      else 'HIGH'
    end,
    (select min(step) from unnest(array[1, 2, 4, 8, 12, 24, 48, 72, 120, 168, 240, 336, 504, 720, 1440, 2160, 4320]) step
      where step >= e.median_hours)::double precision
  from (select distinct unnest(ids) as id) asked
  left join enough e on e.organization_id = asked.id
  cross join today
  cross join lateral (
    select greatest(coalesce((select sum(l.open) from receiver_load l where l.organization_id = asked.id), 0)
        - coalesce((select sum(case d.measure when 'CAME' then d.count else -d.count end) from receiver_day d
          where d.organization_id = asked.id and d.measure in ('CAME', 'WENT') and d.day >= today.day), 0), 0) as open,
      coalesce((select sum(d.count) from receiver_day d
        where d.organization_id = asked.id and d.measure = 'ENDED' and d.day between today.day - 90 and today.day - 1), 0) as ended
  ) work
  cross join lateral (select 10 * div(work.open, 10) + 5 as open, 10 * div(work.ended, 10) + 5 as ended) tens
  where mistok.current_org() is not null
$$;

-- Days that no figure looks at any more are forgotten by the server's own work. A mistake that is found later takes away from a day
-- that is gone: a count below zero, which nothing reads, until it is forgotten too.
create index receiver_day_day on receiver_day (day);
create function mistok.forget_receiver_days() returns bigint language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  forgotten bigint;
begin
  if mistok.current_errand() is distinct from 'expiry' then
    return 0;
  end if;
  delete from receiver_day where day < (mistok.now() at time zone 'Europe/Kyiv')::date - 200;
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;
revoke execute on function mistok.forget_receiver_days() from public;
grant execute on function mistok.forget_receiver_days() to mistok_app;
