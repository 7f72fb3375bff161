create or replace function mistok.shared_case(ids uuid[]) returns table (referral_id uuid, household_size integer, primary_category text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select r.id, c.household_size, c.primary_category from referral r join "case" c on c.id = r.case_id where r.id = any(ids) and mistok.readable(r)
$$;
create or replace function mistok.shared(ids uuid[]) returns table (
  referral_id uuid, person_id uuid, wrapped bytea, object_id uuid, slot text, content bytea
) language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with seen as (select r.*, mistok.readable(r) as readable,
      case when r.memorandum_id is null or r.sender_id = mistok.current_org() then 'infinity'
        else mistok.agreed_until(r.memorandum_id, r.sender_id, r.receiver_id) end as agreed_until
    from referral r
    where r.id = any(ids) and (r.sender_id = mistok.current_org() or (r.sent_at is not null and r.receiver_id = mistok.current_org())))
  select r.id, r.person_id, k.wrapped, s.object_id, s.slot, s.content
  from seen r
  join vault.person_key k on k.person_id = r.person_id
  cross join lateral (
    select s.object_id, s.slot, s.content from sealed s where r.readable and s.object_id = r.person_id and s.slot = 'PERSON'
    union all select s.object_id, s.slot, s.content from sealed s where r.readable and s.object_id = r.case_id and s.slot = 'FACTORS'
    union all select s.object_id, s.slot, s.content from sealed s where r.readable and s.object_id = r.id and s.slot in ('REASON', 'JUSTIFICATION', 'DISCLOSED')
    union all select s.object_id, s.slot, s.content from referral_event e join sealed s on s.object_id = e.id and s.slot = 'NOTE' where r.readable and e.referral_id = r.id
      and (e.at <= r.agreed_until or e.organization_id = mistok.current_org())
    union all (select s.object_id, s.slot, s.content from assessment a join sealed s on s.object_id = a.id and s.slot = 'SUMMARY'
      where r.readable and a.case_id = r.case_id and a.purpose = 'SOCIAL_SERVICES' and a.at <= r.agreed_until order by a.assessed_on desc, a.at desc limit 1)
    -- Before acceptance: age band, sex and target group, and only if the consent names DEMOGRAPHICS.
    union all select s.object_id, s.slot, s.content from sealed s where s.object_id = r.id and s.slot = 'DEMOGRAPHICS'
      and (r.readable or (r.status in ('SENT', 'RECEIVED') and r.agreed_until > mistok.now() and exists (select from consent c where c.id = r.consent_id
        and 'DEMOGRAPHICS' = any(c.field_groups) and c.withdrawn_at is null and c.expires_at > mistok.now())))
  ) s
$$;
drop function mistok.told_until(referral);
drop trigger referral_kept_is_forgotten on referral;
drop trigger case_is_kept_as_it_was on "case";
drop trigger sealed_is_kept_as_it_was on sealed;
drop trigger sealed_is_kept_when_new on sealed;
drop function mistok.forget_kept(), mistok.keep_case(), mistok.keep_sealed(), mistok.keep_what_was(uuid);
drop table referral_kept;
