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
