-- Applications: the clients of the token endpoint. Only their own organisation sees them.

create table application (
  id uuid constraint application_pkey primary key,
  organization_id uuid not null,
  name text not null,
  client_id text not null, -- random; public
  scopes text[] not null, -- what its tokens may hold, closed under "write implies read"
  status text not null,
  secret_hash bytea not null, -- keyed: the pepper is derived from the master key and is not in the database
  previous_secret_hash bytea, -- the secret before the last rotation
  previous_secret_until timestamptz, -- until then both are good
  seeded_by uuid, -- the organisation that registered it for another one; null: its own, or the operator
  created_at timestamptz not null,
  last_used_at timestamptz, -- of its last token, to the minute
  version integer not null default 1,
  constraint application_organization_exists foreign key (organization_id) references organization (id),
  constraint application_seeded_by_exists foreign key (seeded_by) references organization (id),
  constraint application_client_id_is_unique unique (client_id),
  constraint application_name_is_short check (length(name) between 1 and 100),
  constraint application_status_is_a_word check (status in ('ACTIVE', 'REVOKED')),
  constraint application_scopes_are_words check (scopes <@ array[
    'referrals:read', 'referrals:write', 'cases:read', 'cases:write', 'persons:read', 'persons:write', 'persons:erase',
    'services:read', 'services:write', 'memoranda:read', 'memoranda:write', 'offerings:write',
    'contracts:read', 'contracts:write', 'contracts:approve', 'acts:write', 'payments:write', 'analytics:read',
    'webhooks:manage', 'applications:manage', 'audit:read', 'registry:write']),
  constraint application_scopes_are_some check (cardinality(scopes) > 0),
  constraint application_previous_secret_ends check ((previous_secret_hash is null) = (previous_secret_until is null))
);
create index application_newest on application (organization_id, created_at desc, id desc);
-- A stranger makes at most one application of an organisation, ever: two that try at once end here.
create unique index application_stranger_makes_only_the_first on application (organization_id) where seeded_by is not null;

create index application_seeded_by on application (seeded_by) where seeded_by is not null;

-- Whether an organisation has any application, revoked ones included: a stranger may make the first and no other.
create function mistok.has_application(organization uuid) returns boolean
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
  as $$ select exists (select from public.application a where a.organization_id = organization) $$;
revoke execute on function mistok.has_application(uuid) from public;
grant execute on function mistok.has_application(uuid) to mistok_app;

-- The one way to look an application up before anyone is known: nobody has an organisation yet.
create function mistok.login(client text) returns table (
    application_id uuid, organization_id uuid, kind text, organization_active boolean, scopes text[], status text,
    secret_hash bytea, previous_secret_hash bytea, previous_secret_until timestamptz)
  language sql stable security definer rows 1 set search_path = pg_catalog, public, pg_temp
  as $$
    select a.id, a.organization_id, o.kind, o.active, a.scopes, a.status, a.secret_hash, a.previous_secret_hash, a.previous_secret_until
    from public.application a join public.organization o on o.id = a.organization_id
    where a.client_id = client
  $$;
revoke execute on function mistok.login(text) from public;
grant execute on function mistok.login(text) to mistok_app;

alter table application enable row level security;
alter table application force row level security;
create policy keeper on application to mistok_owner using (true) with check (true);
-- Whoever made the first application of another organisation goes on seeing that one.
create policy seen on application for select to mistok_app
  using ((select mistok.current_org()) in (organization_id, seeded_by) or (select mistok.current_errand()) in ('operator', 'demo'));
create policy registered on application for insert to mistok_app with check (
  (organization_id = (select mistok.current_org()) and seeded_by is null)
  or (seeded_by = (select mistok.current_org()) and (select mistok.current_kind()) = 'MINISTRY' and not mistok.has_application(organization_id))
  or (seeded_by is null and (select mistok.current_errand()) in ('operator', 'demo')));
create policy changed on application for update to mistok_app
  using (organization_id = (select mistok.current_org()) or (select mistok.current_errand()) in ('operator', 'demo'));
grant select, insert,
  update (status, secret_hash, previous_secret_hash, previous_secret_until, last_used_at, version) on application to mistok_app;
