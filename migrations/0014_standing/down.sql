drop function mistok.forget_receiver_days();
drop index receiver_day_day;
create or replace function mistok.receiver_figures(ids uuid[]) returns table (organization_id uuid, workload text, median_hours double precision)
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
$$;
delete from receiver_day where measure in ('CAME', 'WENT');
alter table receiver_day drop constraint receiver_day_measure_is_a_word;
alter table receiver_day add constraint receiver_day_measure_is_a_word check (measure in ('ANSWERED', 'ENDED'));

drop index memorandum_span_newest;
alter table memorandum_span drop until, drop created_at;

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
  return new;
end $$;
drop function mistok.was_signed(uuid);
-- Of several renewals the one that stands stays one.
update memorandum set supersedes_id = null where ended_unsigned;
drop index memorandum_supersedes;
drop index memorandum_is_renewed_once;
alter table memorandum add constraint memorandum_is_renewed_once unique (supersedes_id);
alter table memorandum drop ended_unsigned;

drop policy seen on memorandum_party;
create policy seen on memorandum_party for select to mistok_app using (exists (select from memorandum m where m.id = memorandum_id));
drop policy seen on memorandum_event;
create policy seen on memorandum_event for select to mistok_app using (exists (select from memorandum m where m.id = memorandum_id));
drop policy seen on memorandum_span;
create policy seen on memorandum_span for select to mistok_app using (exists (select from memorandum m where m.id = memorandum_id));
drop policy moved on memorandum;
create policy moved on memorandum for update to mistok_app
  using ((select mistok.current_org()) = any(provider_id || known_to))
  with check ((select mistok.current_org()) = any(provider_id || known_to));
drop policy known on memorandum;
create policy known on memorandum for select to mistok_app using ((select mistok.current_org()) = any(known_to));
create or replace function mistok.keep_known_to() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update memorandum m set known_to = (
    select array_agg(p.organization_id order by p.organization_id) from memorandum_party p
    where p.memorandum_id = m.id and (p.role = 'CENTRE_PROVIDER' or p.status <> 'DRAFTED'))
  where m.id = new.memorandum_id;
  return null;
end $$;
alter table memorandum drop left_by, drop left_at;
-- Of a party that came back the last time stays.
delete from memorandum_party p where exists (select from memorandum_party later
  where (later.memorandum_id, later.organization_id) = (p.memorandum_id, p.organization_id) and later.entry > p.entry);
update memorandum_party set status = status where status = 'WITHDRAWN';
drop index memorandum_party_is_in_once;
alter table memorandum_party drop constraint memorandum_party_pkey, add constraint memorandum_party_pkey primary key (memorandum_id, organization_id);
alter table memorandum_party drop entry;
