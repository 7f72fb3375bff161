-- A step of a referral for less: what PostgreSQL set up anew for each statement is kept by the session or not needed.

-- What the version before the last one asked.
drop function mistok.behind(uuid[], text[]);

-- The laws of a referral in one place that the session keeps ready; as conditions of triggers each was read anew for each step. A condition of
-- a trigger means what it meant when it was made; the function's path makes it so here, whatever the session's path is.
drop trigger referral_terms_are_fixed_when_sent on referral;
drop trigger referral_redaction_is_final on referral;
drop trigger referral_that_has_ended_stays_as_it_is on referral;
create function mistok.keep_referral_laws() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if old.sent_at is not null and ((old.sender_centre_id, old.service_id, old.territory_code, old.urgency, old.legal_basis, old.legal_ground, old.consent_id,
      old.minor, old.safety_flag, old.sent_at, old.respond_by, old.memorandum_id)
    is distinct from (new.sender_centre_id, new.service_id, new.territory_code, new.urgency, new.legal_basis, new.legal_ground, new.consent_id,
      new.minor, new.safety_flag, new.sent_at, new.respond_by, new.memorandum_id)
    or old.accepted_at is not null and (old.accepted_at, old.shared_groups) is distinct from (new.accepted_at, new.shared_groups))
  then
    raise exception 'the terms of a referral that was sent are fixed'
      using errcode = 'check_violation', constraint = 'referral_terms_are_fixed_when_sent';
  end if;
  if (old.redaction_requested_at is not null and new.redaction_requested_at is distinct from old.redaction_requested_at)
    or (old.redaction_acknowledged_at is not null and new.redaction_acknowledged_at is distinct from old.redaction_acknowledged_at)
    or (new.redaction_acknowledged_at is distinct from old.redaction_acknowledged_at and mistok.current_org() is distinct from old.receiver_id)
  then
    raise exception 'what was hidden stays hidden, and its receiver acknowledges it once'
      using errcode = 'check_violation', constraint = 'referral_redaction_is_final';
  end if;
  if old.status in ('DECLINED', 'COMPLETED', 'NOT_COMPLETED', 'CANCELLED', 'ENTERED_IN_ERROR')
    and (new.status not in (old.status, 'ENTERED_IN_ERROR') or new.retention_until is distinct from old.retention_until)
  then
    raise exception 'a referral that has ended stays as it is'
      using errcode = 'check_violation', constraint = 'referral_that_has_ended_stays_as_it_is';
  end if;
  return new;
end $$;
create trigger keep_referral_laws before update on referral for each row execute function mistok.keep_referral_laws();

-- Both sides' rows of the access table in one statement. Each of its indexes takes a row twice for a step: what the table of referrals finds by
-- itself needs none here.
drop index referral_party_number;

create or replace function mistok.keep_referral_party() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  due timestamptz := case when new.status in ('SENT', 'RECEIVED') then new.respond_by else '9999-12-31 00:00+00' end;
  pending boolean := new.redaction_requested_at is not null and new.redaction_acknowledged_at is null;
begin
  if tg_op = 'UPDATE' then
    update referral_party set status = new.status, updated_at = new.updated_at, due_at = due, urgency = new.urgency, legal_basis = new.legal_basis,
      outcome = new.outcome, service_id = new.service_id, redaction_pending = pending, territory_code = new.territory_code,
      centre_id = case role when 'SENDER' then new.sender_centre_id else new.receiver_centre_id end,
      status_reason = new.status_reason, created_at = new.created_at, sent_at = new.sent_at, respond_by = new.respond_by, version = new.version
    where referral_id = new.id;
  else
    insert into referral_party (org_id, referral_id, role, status, seen_at, updated_at, due_at, number, urgency, legal_basis, outcome, service_id,
      counterparty_id, centre_id, case_id, redaction_pending, territory_code, status_reason, created_at, sent_at, respond_by, version)
    values (new.sender_id, new.id, 'SENDER', new.status, new.created_at, new.updated_at, due, new.number, new.urgency, new.legal_basis, new.outcome, new.service_id,
      new.receiver_id, new.sender_centre_id, new.case_id, pending, new.territory_code, new.status_reason, new.created_at, new.sent_at, new.respond_by, new.version);
  end if;
  -- The receiver sees it from the moment when it is sent.
  if new.sent_at is not null and old.sent_at is null then
    insert into referral_party (org_id, referral_id, role, status, seen_at, updated_at, due_at, number, urgency, legal_basis, outcome, service_id,
      counterparty_id, centre_id, case_id, redaction_pending, territory_code, status_reason, created_at, sent_at, respond_by, version)
    values (new.receiver_id, new.id, 'RECEIVER', new.status, new.sent_at, new.updated_at, due, new.number, new.urgency, new.legal_basis, new.outcome, new.service_id,
      new.sender_id, new.receiver_centre_id, null, pending, new.territory_code, new.status_reason, new.created_at, new.sent_at, new.respond_by, new.version);
  end if;
  return null;
end $$;

-- What a row adds to the figures of its receiver, who never changes: taken away as it was and added as it is, in one look.
create or replace function mistok.keep_receiver_figures() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  receiver uuid := coalesce(new.receiver_id, old.receiver_id);
  change record;
begin
  for change in
    select f.measure, f.day, f.tenths, sum(r.sign)::integer as difference
    from (values (old, -1), (new, 1)) r (it, sign) cross join lateral mistok.figures_of(r.it) f
    group by f.measure, f.day, f.tenths having sum(r.sign) <> 0
  loop
    if change.measure = 'OPEN' then
      update receiver_load l set open = l.open + change.difference
      where l.organization_id = receiver and l.part = (
        select free.part from receiver_load free where free.organization_id = receiver limit 1 for update skip locked);
      if not found then
        insert into receiver_load (organization_id, open) values (receiver, change.difference);
      end if;
    else
      update receiver_day d set count = d.count + change.difference
      where (d.organization_id, d.measure, d.day, d.tenths) = (receiver, change.measure, change.day, change.tenths) and d.part = (
        select free.part from receiver_day free
        where (free.organization_id, free.measure, free.day, free.tenths) = (receiver, change.measure, change.day, change.tenths)
        limit 1 for update skip locked);
      if not found then
        insert into receiver_day (organization_id, measure, day, tenths, count) values (receiver, change.measure, change.day, change.tenths, change.difference);
      end if;
    end if;
  end loop;
  return null;
end $$;

-- Most clocks are started and stopped in time, and count for nothing.
create or replace function mistok.count_referral_clock() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if not exists (select from becomes where breached_at is not null) then
    return null;
  elsif tg_op = 'INSERT' then
    insert into tally
    select n.organization_id, n.centre_id, n.territory_code, n.day, n.measure, n.service_id, n.word, n.category, n.sex, n.age_band, sum(n.amount), true
    from becomes b cross join lateral mistok.tally_of(row(b.*)::referral_clock) n group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;
  else
    insert into tally
    select n.organization_id, n.centre_id, n.territory_code, n.day, n.measure, n.service_id, n.word, n.category, n.sex, n.age_band, sum(r.sign * n.amount), true
    from (select row(w.*)::referral_clock as it, -1 as sign from was w union all select row(b.*)::referral_clock, 1 from becomes b) r
      cross join lateral mistok.tally_of(r.it) n
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 having sum(r.sign * n.amount) <> 0;
  end if;
  return null;
end $$;

-- The first fresh entries by their index. Without an order the planner went through the whole roll-up, because it took them to lie everywhere in it:
-- they lie at its end.
create or replace function mistok.fold_tally(most integer) returns bigint language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
  with taken as (
    delete from tally where ctid = any(array(select t.ctid from tally t where t.fresh order by t.organization_id limit most for update skip locked)) returning *
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
