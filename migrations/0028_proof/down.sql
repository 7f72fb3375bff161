drop function mistok.reads_of(uuid);
create function mistok.reads_of(object uuid)
returns table (id uuid, at timestamptz, organization_id uuid, application_id uuid, acting_for text, purpose text, object_type text, object_ids uuid[], fields text[])
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select a.id, a.at, a.organization_id, case when w.own then a.application_id end, case when w.own then a.acting_for end, a.purpose, a.object_type,
    case when w.own then a.object_ids
      else array(select r.id from public.referral r where r.id = any(a.object_ids) and r.sender_id = mistok.current_org() order by r.id) end,
    a.fields
  from (select array[object] || array(select c.person_id from public."case" c where c.id = object and c.organization_id = mistok.current_org())) o (ids)
  join public.access a on a.object_ids && o.ids
  cross join lateral (select coalesce(a.organization_id = mistok.current_org(), false)) w (own)
  where w.own or (a.object_type = 'REFERRAL'
    and exists (select from public.referral r where r.id = object and r.sender_id = mistok.current_org()))
$$;
revoke execute on function mistok.reads_of(uuid) from public;
grant execute on function mistok.reads_of(uuid) to mistok_app;
drop function mistok.audit_keys();
drop function mistok.root_over(bytea, text);
drop function mistok.audited(text, text, bigint);
drop table audit_root;
drop function mistok.follow_root();
drop table audit_key;
drop policy written on access;
create policy written on access for insert to mistok_app with check (organization_id = (select mistok.current_org()));
drop trigger hashed on access;
drop function mistok.hash_access();
drop function mistok.access_hash(access);
drop function mistok.place(access);
drop index access_place;
alter table access drop column hash, drop column tx, drop column epoch;
drop policy written on change;
create policy written on change for insert to mistok_app with check (tx = pg_current_xact_id() and (
  organization_id = (select mistok.current_org()) or (organization_id is null and (select mistok.current_errand()) is not null)));
drop index change_place;
drop trigger chained on change;
drop function mistok.chain_change();
drop function mistok.change_hash(change, bytea);
alter table change drop column hash, drop column previous_hash;
drop table change_head;
drop function mistok.place(change);
drop function mistok.place(integer, xid8, integer, text);
drop function mistok.microseconds(timestamptz);
drop function mistok.netstrings(text[]);
drop function mistok.netstring(text);
