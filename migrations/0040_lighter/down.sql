-- As in 0039.
create function mistok.behind(ids uuid[], slots text[])
returns table (referral_id uuid,
  consent_groups text[], consent_expires_at timestamptz, consent_withdrawn_at timestamptz, consent_expired_at timestamptz,
  memorandum_id uuid, memorandum_groups text[], retention_days integer, onward_referral boolean, ended_at timestamptz,
  person_id uuid, wrapped bytea, object_id uuid, slot text, content bytea)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin
  return query select s.referral_id, s.consent_groups, s.consent_expires_at, s.consent_withdrawn_at, s.consent_expired_at,
    s.memorandum_id, s.memorandum_groups, s.retention_days, s.onward_referral, s.ended_at, s.key_of, s.wrapped, s.object_id, s.slot, s.content
  from mistok.subjects(ids, slots) s;
end $$;
revoke execute on function mistok.behind(uuid[], text[]) from public;
grant execute on function mistok.behind(uuid[], text[]) to mistok_app;

-- As in 0010 and 0008.
drop trigger keep_referral_laws on referral;
drop function mistok.keep_referral_laws();
create trigger referral_terms_are_fixed_when_sent before update on referral for each row
  when (old.sent_at is not null and ((old.sender_centre_id, old.service_id, old.territory_code, old.urgency, old.legal_basis, old.legal_ground, old.consent_id,
      old.minor, old.safety_flag, old.sent_at, old.respond_by, old.memorandum_id)
    is distinct from (new.sender_centre_id, new.service_id, new.territory_code, new.urgency, new.legal_basis, new.legal_ground, new.consent_id,
      new.minor, new.safety_flag, new.sent_at, new.respond_by, new.memorandum_id)
    or (old.accepted_at is not null and (old.accepted_at, old.shared_groups) is distinct from (new.accepted_at, new.shared_groups))))
  execute function mistok.refuse('the terms of a referral that was sent are fixed');
create trigger referral_redaction_is_final before update on referral for each row
  when ((old.redaction_requested_at is not null and new.redaction_requested_at is distinct from old.redaction_requested_at)
    or (old.redaction_acknowledged_at is not null and new.redaction_acknowledged_at is distinct from old.redaction_acknowledged_at)
    or (new.redaction_acknowledged_at is distinct from old.redaction_acknowledged_at and mistok.current_org() is distinct from old.receiver_id))
  execute function mistok.refuse('what was hidden stays hidden, and its receiver acknowledges it once');
create trigger referral_that_has_ended_stays_as_it_is before update on referral for each row
  when (old.status in ('DECLINED', 'COMPLETED', 'NOT_COMPLETED', 'CANCELLED', 'ENTERED_IN_ERROR')
    and (new.status not in (old.status, 'ENTERED_IN_ERROR') or new.retention_until is distinct from old.retention_until))
  execute function mistok.refuse('a referral that has ended stays as it is');

-- As in 0037.
create index referral_party_number on referral_party (org_id, number);
create or replace function mistok.keep_referral_party() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  due timestamptz := case when new.status in ('SENT', 'RECEIVED') then new.respond_by else '9999-12-31 00:00+00' end;
  pending boolean := new.redaction_requested_at is not null and new.redaction_acknowledged_at is null;
begin
  insert into referral_party (org_id, referral_id, role, status, seen_at, updated_at, due_at, number, urgency, legal_basis, outcome, service_id, counterparty_id, centre_id, case_id, redaction_pending,
    territory_code, status_reason, created_at, sent_at, respond_by, version)
  values (new.sender_id, new.id, 'SENDER', new.status, new.created_at, new.updated_at, due, new.number, new.urgency, new.legal_basis, new.outcome, new.service_id, new.receiver_id, new.sender_centre_id, new.case_id, pending,
    new.territory_code, new.status_reason, new.created_at, new.sent_at, new.respond_by, new.version)
  on conflict (referral_id, org_id) do update set status = excluded.status, updated_at = excluded.updated_at, due_at = excluded.due_at,
    urgency = excluded.urgency, legal_basis = excluded.legal_basis, outcome = excluded.outcome, service_id = excluded.service_id, centre_id = excluded.centre_id, redaction_pending = excluded.redaction_pending,
    territory_code = excluded.territory_code, status_reason = excluded.status_reason, created_at = excluded.created_at, sent_at = excluded.sent_at, respond_by = excluded.respond_by, version = excluded.version;
  if new.sent_at is not null then
    insert into referral_party (org_id, referral_id, role, status, seen_at, updated_at, due_at, number, urgency, legal_basis, outcome, service_id, counterparty_id, centre_id, case_id, redaction_pending,
      territory_code, status_reason, created_at, sent_at, respond_by, version)
    values (new.receiver_id, new.id, 'RECEIVER', new.status, new.sent_at, new.updated_at, due, new.number, new.urgency, new.legal_basis, new.outcome, new.service_id, new.sender_id, new.receiver_centre_id, null, pending,
      new.territory_code, new.status_reason, new.created_at, new.sent_at, new.respond_by, new.version)
    on conflict (referral_id, org_id) do update set status = excluded.status, updated_at = excluded.updated_at, due_at = excluded.due_at,
      outcome = excluded.outcome, centre_id = excluded.centre_id, redaction_pending = excluded.redaction_pending,
      territory_code = excluded.territory_code, status_reason = excluded.status_reason, created_at = excluded.created_at, sent_at = excluded.sent_at, respond_by = excluded.respond_by, version = excluded.version;
  end if;
  return null;
end $$;

-- As in 0012.
create or replace function mistok.keep_receiver_figures() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
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

-- As in 0017.
do $do$
declare
  t text;
begin
  foreach t in array array['referral_clock'] loop
    execute format($make$
      create or replace function mistok.%1$I() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
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
  end loop;
end $do$;

create or replace function mistok.fold_tally(most integer) returns bigint language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
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
