-- How memoranda stand: a party that comes back, what one that has left goes on seeing, renewals that came to nothing, the days of a
-- status by an index.

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
