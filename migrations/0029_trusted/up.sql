-- Trusted documents: operations that an application has registered, by the hash of their text. It may ask by the hash alone, and may be
-- limited to what is registered, so that a stolen token asks nothing else.

alter table application add column trusted_documents_only boolean not null default false;
grant update (trusted_documents_only) on application to mistok_app;

create table trusted_document (
  application_id uuid not null,
  hash bytea not null, -- SHA-256 of the text
  organization_id uuid not null,
  text text not null,
  created_at timestamptz not null,
  constraint trusted_document_pkey primary key (application_id, hash),
  constraint trusted_document_application_exists foreign key (application_id) references application (id),
  constraint trusted_document_is_under_its_hash check (hash = sha256(convert_to(text, 'UTF8'))),
  constraint trusted_document_is_short check (octet_length(text) between 1 and 20000)
);
alter table trusted_document enable row level security;
alter table trusted_document force row level security;
create policy keeper on trusted_document to mistok_owner using (true) with check (true);
create policy own on trusted_document for select to mistok_app
  using (organization_id = (select mistok.current_org()) or (select mistok.current_errand()) = 'operator');
create policy registered on trusted_document for insert to mistok_app with check (
  (organization_id = (select mistok.current_org()) or (select mistok.current_errand()) = 'operator')
  and exists (select from application a where a.id = application_id and a.organization_id = trusted_document.organization_id));
create policy dropped on trusted_document for delete to mistok_app
  using (organization_id = (select mistok.current_org()) or (select mistok.current_errand()) = 'operator');
grant select, insert, delete on trusted_document to mistok_app;

-- As `login`: looked up before a request has begun.
create function mistok.trusted_document(application uuid, named bytea) returns text
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
  as $$ select d.text from public.trusted_document d where d.application_id = application and d.hash = named $$;
revoke execute on function mistok.trusted_document(uuid, bytea) from public;
grant execute on function mistok.trusted_document(uuid, bytea) to mistok_app;

drop function mistok.login(text);
create function mistok.login(client text) returns table (
    application_id uuid, organization_id uuid, kind text, organization_active boolean, scopes text[], status text,
    secret_hash bytea, previous_secret_hash bytea, previous_secret_until timestamptz, public_keys text[], trusted_documents_only boolean)
  language sql stable security definer rows 1 set search_path = pg_catalog, public, pg_temp
  as $$
    select a.id, a.organization_id, o.kind, o.active, a.scopes, a.status, a.secret_hash, a.previous_secret_hash, a.previous_secret_until,
      a.public_keys, a.trusted_documents_only
    from public.application a join public.organization o on o.id = a.organization_id
    where a.client_id = client
  $$;
revoke execute on function mistok.login(text) from public;
grant execute on function mistok.login(text) to mistok_app;
