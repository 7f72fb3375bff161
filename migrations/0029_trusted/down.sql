drop function mistok.login(text);
create function mistok.login(client text) returns table (
    application_id uuid, organization_id uuid, kind text, organization_active boolean, scopes text[], status text,
    secret_hash bytea, previous_secret_hash bytea, previous_secret_until timestamptz, public_keys text[])
  language sql stable security definer rows 1 set search_path = pg_catalog, public, pg_temp
  as $$
    select a.id, a.organization_id, o.kind, o.active, a.scopes, a.status, a.secret_hash, a.previous_secret_hash, a.previous_secret_until,
      a.public_keys
    from public.application a join public.organization o on o.id = a.organization_id
    where a.client_id = client
  $$;
revoke execute on function mistok.login(text) from public;
grant execute on function mistok.login(text) to mistok_app;
drop function mistok.trusted_document(uuid, bytea);
drop table trusted_document;
alter table application drop column trusted_documents_only;
