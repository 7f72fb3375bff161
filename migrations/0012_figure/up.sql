-- Figures of receivers: how much each has to do, and how fast it answers. They cross organisations; hence they come from counts
-- that hold no person and no referral, which nobody reads but one function, and that function keeps small numbers to itself.
-- A count may stand in several parts, to be summed: who finds one held by another transaction takes the next one or makes one.
-- So nobody waits for a figure, and no two transactions wait for each other in a ring.

-- Referrals that wait for a receiver or are worked on by it now.
create table receiver_load (
  organization_id uuid not null constraint receiver_load_organization references organization,
  part bigint not null generated always as identity,
  open integer not null, -- of one part even below zero: more may have ended in it than begun
  constraint receiver_load_pkey primary key (organization_id, part)
);

-- What happened on a day, by the calendar of Kyiv.
create table receiver_day (
  organization_id uuid not null constraint receiver_day_organization references organization,
  measure text not null, -- ANSWERED: accepted or declined; ENDED: ended after it was accepted
  day date not null,
  tenths smallint not null, -- of hours from the sending to the answer, at most 32767 (136 days); 0 for ENDED
  part bigint not null generated always as identity,
  count integer not null,
  constraint receiver_day_pkey primary key (organization_id, measure, day, tenths, part),
  constraint receiver_day_measure_is_a_word check (measure in ('ANSWERED', 'ENDED'))
);

alter table receiver_load enable row level security;
alter table receiver_load force row level security;
create policy keeper on receiver_load to mistok_owner using (true) with check (true);
alter table receiver_day enable row level security;
alter table receiver_day force row level security;
create policy keeper on receiver_day to mistok_owner using (true) with check (true);

-- What a referral adds to the figures of its receiver: it follows from the row alone. Hence a change takes away what the row
-- added and adds what it adds now, and a referral ENTERED_IN_ERROR, which adds nothing, is out of every figure.
create function mistok.figures_of(r referral) returns table (measure text, day date, tenths smallint)
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
$$;

create function mistok.keep_receiver_figures() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  change record;
begin
  for change in
    select f.receiver_id, f.measure, f.day, f.tenths, sum(f.difference)::integer as difference
    from (
      select old.receiver_id, o.measure, o.day, o.tenths, -1 as difference from mistok.figures_of(old) o
      union all
      select new.receiver_id, n.measure, n.day, n.tenths, 1 from mistok.figures_of(new) n
    ) f
    group by f.receiver_id, f.measure, f.day, f.tenths having sum(f.difference) <> 0
  loop
    if change.measure = 'OPEN' then
      update receiver_load l set open = l.open + change.difference
      where l.organization_id = change.receiver_id and l.part = (
        select free.part from receiver_load free where free.organization_id = change.receiver_id limit 1 for update skip locked);
      if not found then
        insert into receiver_load (organization_id, open) values (change.receiver_id, change.difference);
      end if;
    else
      update receiver_day d set count = d.count + change.difference
      where (d.organization_id, d.measure, d.day, d.tenths) = (change.receiver_id, change.measure, change.day, change.tenths) and d.part = (
        select free.part from receiver_day free
        where (free.organization_id, free.measure, free.day, free.tenths) = (change.receiver_id, change.measure, change.day, change.tenths)
        limit 1 for update skip locked);
      if not found then
        insert into receiver_day (organization_id, measure, day, tenths, count)
        values (change.receiver_id, change.measure, change.day, change.tenths, change.difference);
      end if;
    end if;
  end loop;
  return null;
end $$;
create trigger keep_receiver_figures after insert or update or delete on referral for each row execute function mistok.keep_receiver_figures();

-- What is there already. The trigger comes first: it holds writers off until these counts are in.
insert into receiver_load (organization_id, open)
  select r.receiver_id, count(*) from referral r cross join lateral mistok.figures_of(r) f where f.measure = 'OPEN' group by 1;
insert into receiver_day (organization_id, measure, day, tenths, count)
  select r.receiver_id, f.measure, f.day, f.tenths, count(*) from referral r cross join lateral mistok.figures_of(r) f
  where f.measure <> 'OPEN' group by 1, 2, 3, 4;

-- The one way out. Everyone who is known may ask about everyone: a band and a median tell of no person, once there are ten answers.
-- With fewer, in the last 180 days, there is neither, so that a small number never leaves the database.
-- The band is how long the open work would take at the pace of the last 90 days: up to a month LOW, up to two MEDIUM, more HIGH.
create function mistok.receiver_figures(ids uuid[]) returns table (organization_id uuid, workload text, median_hours double precision)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with today as (select (mistok.now() at time zone 'Europe/Kyiv')::date as day),
  answers as (
    select d.organization_id, d.tenths, sum(sum(d.count)) over (partition by d.organization_id order by d.tenths) as up_to,
      sum(sum(d.count)) over (partition by d.organization_id) as total
    from receiver_day d cross join today
    where d.organization_id = any(ids) and d.measure = 'ANSWERED' and d.day > today.day - 180
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
      when e.organization_id is null then 'UNKNOWN'
      when 3 * work.open <= work.ended then 'LOW'
      when 3 * work.open <= 2 * work.ended then 'MEDIUM'
      else 'HIGH'
    end,
    e.median_hours::double precision
  from (select distinct unnest(ids) as id) asked
  left join enough e on e.organization_id = asked.id
  cross join lateral (
    select coalesce((select sum(l.open) from receiver_load l where l.organization_id = asked.id), 0) as open,
      coalesce((select sum(d.count) from receiver_day d cross join today
        where d.organization_id = asked.id and d.measure = 'ENDED' and d.day > today.day - 90), 0) as ended
  ) work
  where mistok.current_org() is not null
$$;

revoke execute on function mistok.figures_of(referral), mistok.keep_receiver_figures(), mistok.receiver_figures(uuid[]) from public;
grant execute on function mistok.receiver_figures(uuid[]) to mistok_app;
