-- What the peer needs beside the tables: figures as a function, and the steps of an acceptance in one, since it has no place for rules of its own.
drop schema if exists bench cascade;
create schema bench;
grant usage on schema bench to mistok_app;
create type bench.figure as (place text, name text, month date, amount bigint);
create function bench.figures() returns setof bench.figure language sql stable as $$
  select p.place, t.name, p.month, p.amount
  from mistok.published(array['CASES_OPENED'], '', 'REGION', date '2025-01-01', date '2025-12-01') p join public.territory t on t.code = p.place
$$;
-- Without token, limits, idempotency, the rules of memoranda and the clocks of working hours.
create function bench.accept(referral_id uuid) returns public.referral language plpgsql volatile as $$
declare
  r public.referral;
begin
  select * into r from public.referral where id = referral_id and status = 'SENT' and version = 2 for update;
  if not found then
    raise exception 'conflict';
  end if;
  perform from public.consent c where c.id = r.consent_id and c.withdrawn_at is null and c.expires_at > now();
  if not found then
    raise exception 'no consent';
  end if;
  update public.referral set status = 'ACCEPTED', accepted_at = now(), shared_groups = array['DEMOGRAPHICS', 'CONTACT', 'REASON'], updated_at = now(), version = 3
    where id = r.id returning * into r;
  insert into public.referral_event (id, referral_id, at, from_status, to_status, organization_id, version)
    values (gen_random_uuid(), r.id, now(), 'SENT', 'ACCEPTED', mistok.current_org(), 3);
  update public.referral_clock c set stopped_at = now() where c.referral_id = r.id and phase = 'RESPOND';
  insert into public.referral_clock (referral_id, phase, owner_id, started_at, due_at)
    values (r.id, 'FIRST_CONTACT', r.receiver_id, now(), now() + interval '3 days');
  with entry as (select nextval('change_seq') as seq), written as (
    insert into public.change (seq, at, type, object_type, object_id, object_version, actor_kind, organization_id, application_id, detail)
    select seq, now(), 'REFERRAL_ACCEPTED', 'REFERRAL', r.id, 3, 'APPLICATION', mistok.current_org(), gen_random_uuid(), '{}' from entry)
  insert into public.change_audience (organization_id, seq, at) select told, seq, now() from entry, unnest(array[r.sender_id, r.receiver_id]) told;
  return r;
end $$;
grant execute on all functions in schema bench to mistok_app;
