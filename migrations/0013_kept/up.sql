-- What was accepted under a memorandum that has ended may be finished, but nothing new is told: the first change of a person
-- after the end keeps a copy of what was known until then, and the receiver reads the copy. The content stays under the
-- person's key, so that erasing the key erases the copy as well.
create table referral_kept (
  referral_id uuid constraint referral_kept_pkey primary key constraint referral_kept_referral references referral,
  kept_at timestamptz not null, -- a copy from before the end of a renewal that went on is not read, and is replaced
  person bytea,
  factors bytea,
  primary_category text,
  household_size integer
);
alter table referral_kept enable row level security;
alter table referral_kept force row level security;
create policy keeper on referral_kept to mistok_owner using (true) with check (true);

create function mistok.keep_what_was(person uuid) returns void
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
  insert into referral_kept (referral_id, kept_at, person, factors, primary_category, household_size)
  select r.id, mistok.now(), p.content, f.content, c.primary_category, c.household_size
  from referral r
    left join sealed p on p.object_id = r.person_id and p.slot = 'PERSON'
    left join sealed f on f.object_id = r.case_id and f.slot = 'FACTORS'
    left join "case" c on c.id = r.case_id
    left join referral_kept k on k.referral_id = r.id
    cross join lateral (select mistok.agreed_until(r.memorandum_id, r.sender_id, r.receiver_id) as at) ended
  where r.person_id = $1 and r.memorandum_id is not null and r.redaction_requested_at is null
    and r.status in ('ACCEPTED', 'IN_PROGRESS', 'ON_HOLD', 'COMPLETED', 'NOT_COMPLETED')
    and ended.at <= mistok.now() and (k.kept_at is null or k.kept_at < ended.at)
  on conflict (referral_id) do update set kept_at = excluded.kept_at, person = excluded.person, factors = excluded.factors,
    primary_category = excluded.primary_category, household_size = excluded.household_size
$$;
create function mistok.keep_sealed() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform mistok.keep_what_was(case when tg_op = 'DELETE' then old.person_id else new.person_id end);
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger sealed_is_kept_when_new before insert on sealed for each row when (new.slot in ('PERSON', 'FACTORS')) execute function mistok.keep_sealed();
create trigger sealed_is_kept_as_it_was before update or delete on sealed for each row when (old.slot in ('PERSON', 'FACTORS')) execute function mistok.keep_sealed();
create function mistok.keep_case() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform mistok.keep_what_was(new.person_id);
  return new;
end $$;
create trigger case_is_kept_as_it_was before update on "case" for each row
  when ((old.primary_category, old.household_size) is distinct from (new.primary_category, new.household_size)) execute function mistok.keep_case();

-- Once hidden, a copy serves nobody.
create function mistok.forget_kept() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  delete from referral_kept where referral_id = new.id;
  return null;
end $$;
create trigger referral_kept_is_forgotten after update on referral for each row
  when (new.redaction_requested_at is not null and old.redaction_requested_at is null) execute function mistok.forget_kept();

-- Until when the other side may know of changes; whoever sees its own sees all of them.
create function mistok.told_until(r referral) returns timestamptz
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select case when r.memorandum_id is null or r.sender_id = mistok.current_org() then 'infinity'
    else mistok.agreed_until(r.memorandum_id, r.sender_id, r.receiver_id) end
$$;

create or replace function mistok.shared(ids uuid[]) returns table (
  referral_id uuid, person_id uuid, wrapped bytea, object_id uuid, slot text, content bytea
) language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with seen as (select r.*, mistok.readable(r) as readable, mistok.told_until(r) as told_until from referral r
    where r.id = any(ids) and (r.sender_id = mistok.current_org() or (r.sent_at is not null and r.receiver_id = mistok.current_org())))
  select r.id, r.person_id, k.wrapped, s.object_id, s.slot, s.content
  from seen r
  join vault.person_key k on k.person_id = r.person_id
  left join referral_kept was on was.referral_id = r.id and was.kept_at >= r.told_until
  cross join lateral (
    select s.object_id, s.slot, s.content from sealed s where r.readable and was.referral_id is null and s.object_id = r.person_id and s.slot = 'PERSON'
    union all select s.object_id, s.slot, s.content from sealed s where r.readable and was.referral_id is null and s.object_id = r.case_id and s.slot = 'FACTORS'
    union all select r.person_id, 'PERSON', was.person where r.readable and was.person is not null
    union all select r.case_id, 'FACTORS', was.factors where r.readable and was.factors is not null
    union all select s.object_id, s.slot, s.content from sealed s where r.readable and s.object_id = r.id and s.slot in ('REASON', 'JUSTIFICATION', 'DISCLOSED')
    union all select s.object_id, s.slot, s.content from referral_event e join sealed s on s.object_id = e.id and s.slot = 'NOTE' where r.readable and e.referral_id = r.id
      and (e.at <= r.told_until or e.organization_id = mistok.current_org())
    union all (select s.object_id, s.slot, s.content from assessment a join sealed s on s.object_id = a.id and s.slot = 'SUMMARY'
      where r.readable and a.case_id = r.case_id and a.purpose = 'SOCIAL_SERVICES' and a.at <= r.told_until order by a.assessed_on desc, a.at desc limit 1)
    -- Before acceptance: age band, sex and target group, and only if the consent names DEMOGRAPHICS.
    union all select s.object_id, s.slot, s.content from sealed s where s.object_id = r.id and s.slot = 'DEMOGRAPHICS'
      and (r.readable or (r.status in ('SENT', 'RECEIVED') and r.told_until > mistok.now() and exists (select from consent c where c.id = r.consent_id
        and 'DEMOGRAPHICS' = any(c.field_groups) and c.withdrawn_at is null and c.expires_at > mistok.now())))
  ) s
$$;
create or replace function mistok.shared_case(ids uuid[]) returns table (referral_id uuid, household_size integer, primary_category text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select r.id, case when was.referral_id is null then c.household_size else was.household_size end,
    case when was.referral_id is null then c.primary_category else was.primary_category end
  from referral r join "case" c on c.id = r.case_id
  left join referral_kept was on was.referral_id = r.id and was.kept_at >= mistok.told_until(r)
  where r.id = any(ids) and mistok.readable(r)
$$;
revoke execute on function mistok.keep_what_was(uuid), mistok.keep_sealed(), mistok.keep_case(), mistok.forget_kept(), mistok.told_until(referral) from public;
