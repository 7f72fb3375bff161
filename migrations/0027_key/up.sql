-- Applications that keep no secret: they sign with a key of their own, of which the server knows the public part.

alter table application
  add column public_keys text[], -- JSON Web Keys; null: it shows a secret
  -- The hash of a secret has bytes. An application with keys has none, which no secret matches.
  add constraint application_has_a_secret_or_keys check ((length(secret_hash) > 0) = (public_keys is null)),
  add constraint application_public_keys_are_few check (cardinality(public_keys) between 1 and 5),
  add constraint application_with_keys_has_no_previous_secret check (public_keys is null or previous_secret_hash is null);
grant update (public_keys) on application to mistok_app;

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

-- What such an application has shown once and may not show again, until nobody would take it any more.
create table assertion (
  application_id uuid not null,
  id bytea not null, -- hash of its name (jti)
  until timestamptz not null,
  constraint assertion_pkey primary key (application_id, id),
  constraint assertion_application_exists foreign key (application_id) references application (id),
  constraint assertion_id_is_a_hash check (length(id) = 32)
);
create index assertion_until on assertion (until);

alter table assertion enable row level security;
alter table assertion force row level security;
create policy keeper on assertion to mistok_owner using (true) with check (true);
create policy used on assertion for insert to mistok_app with check ((select mistok.current_errand()) = 'login');
create policy aged_seen on assertion for select to mistok_app using ((select mistok.current_errand()) = 'expiry');
create policy aged on assertion for delete to mistok_app using ((select mistok.current_errand()) = 'expiry');
grant select, insert, delete on assertion to mistok_app;
