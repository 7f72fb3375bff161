-- Webhooks: the feed of changes brought to partners by requests to addresses of theirs. A delivery is a change on its way to one
-- endpoint; an attempt is one request. Nothing here holds personal data.

create table webhook_endpoint (
  id uuid constraint webhook_endpoint_pkey primary key,
  organization_id uuid not null,
  application_id uuid not null, -- the one that set it up last: its rights of today decide what is sent
  url text not null,
  types text[] not null, -- kinds of changes
  status text not null,
  disabled_reason text,
  secret bytea not null, -- sealed: the server signs with it, so that a hash would not do
  previous_secret bytea, -- the secret before the last rotation
  previous_secret_until timestamptz, -- until then both sign
  failing_since timestamptz, -- the first failure since the last success; null: it works
  paused_until timestamptz, -- it asked for silence until then (Retry-After)
  replayed_at timestamptz, -- the last time its owner had a stretch sent once more
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz, -- its row stays, since the journal speaks of it; its deliveries and secrets go
  version integer not null default 1,
  constraint webhook_endpoint_organization_exists foreign key (organization_id) references organization (id),
  constraint webhook_endpoint_application_exists foreign key (application_id) references application (id),
  constraint webhook_endpoint_is_of_its_organization unique (id, organization_id),
  constraint webhook_endpoint_url_is_short check (length(url) between 1 and 2000),
  constraint webhook_endpoint_types_are_some check (cardinality(types) > 0),
  constraint webhook_endpoint_status_is_a_word check (status in ('ENABLED', 'DISABLED')),
  constraint webhook_endpoint_disabled_reason_is_a_word check (disabled_reason in ('BY_OWNER', 'GONE', 'FAILING', 'APPLICATION_REVOKED')),
  constraint webhook_endpoint_disabled_has_a_reason check ((status = 'DISABLED') = (disabled_reason is not null)),
  constraint webhook_endpoint_previous_secret_ends check ((previous_secret is null) = (previous_secret_until is null)),
  constraint webhook_endpoint_deleted_is_disabled check (deleted_at is null or status = 'DISABLED')
);
create index webhook_endpoint_own on webhook_endpoint (organization_id, created_at desc, id desc);
create index webhook_endpoint_application on webhook_endpoint (application_id);

-- Epoch, transaction and number are the place of the change in the feed: within one object deliveries go out in this order.
create table webhook_delivery (
  id uuid constraint webhook_delivery_pkey primary key, -- the receiver's `webhook-id`, the same in every attempt and replay
  endpoint_id uuid not null,
  organization_id uuid not null,
  epoch integer not null,
  tx bigint not null,
  seq bigint not null,
  type text not null,
  object_type text not null,
  object_id uuid not null,
  object_version integer not null,
  occurred_at timestamptz not null,
  status text not null default 'PENDING',
  attempts smallint not null default 0, -- since it was made, or replayed
  due_at timestamptz, -- null: it waits for an earlier one of the same object, or has ended
  claimed_until timestamptz, -- a server is sending it; if that server dies, another one may from then on
  claim uuid, -- whose sending it is: a result under another one is too late
  created_at timestamptz not null,
  ended_at timestamptz,
  constraint webhook_delivery_endpoint_exists foreign key (endpoint_id, organization_id) references webhook_endpoint (id, organization_id),
  constraint webhook_delivery_is_made_once unique (endpoint_id, organization_id, seq),
  constraint webhook_delivery_status_is_a_word check (status in ('PENDING', 'SUCCEEDED', 'FAILED')),
  constraint webhook_delivery_ends check ((status = 'PENDING') = (ended_at is null)),
  constraint webhook_delivery_ended_is_not_due check (status = 'PENDING' or (due_at is null and claimed_until is null)),
  constraint webhook_delivery_is_claimed_when_due check ((claimed_until is null) = (claim is null) and (claimed_until is null or due_at is not null))
);
-- The one of an object that is under way stands before those that wait.
create index webhook_delivery_waiting on webhook_delivery (endpoint_id, object_id, (due_at is null), epoch, tx, seq) where status = 'PENDING';
create index webhook_delivery_due on webhook_delivery (endpoint_id, due_at) where status = 'PENDING' and due_at is not null and claimed_until is null;
create index webhook_delivery_claimed on webhook_delivery (endpoint_id) where claimed_until is not null;
create index webhook_delivery_newest on webhook_delivery (endpoint_id, status, created_at desc, id desc);
create index webhook_delivery_ended on webhook_delivery (ended_at) where ended_at is not null;

-- Append-only. They go with their delivery.
create table webhook_attempt (
  id uuid constraint webhook_attempt_pkey primary key,
  delivery_id uuid not null,
  organization_id uuid not null,
  at timestamptz not null,
  response_status smallint,
  error text,
  constraint webhook_attempt_delivery_exists foreign key (delivery_id) references webhook_delivery (id) on delete cascade,
  constraint webhook_attempt_error_is_a_word check (error in ('DNS', 'CONNECT', 'TLS', 'TIMEOUT', 'TOO_LARGE', 'REDIRECT', 'HTTP_STATUS', 'ADDRESS_NOT_ALLOWED')),
  constraint webhook_attempt_says_something check (error is not null or response_status is not null)
);
create index webhook_attempt_delivery on webhook_attempt (delivery_id, at);

-- How far the feed has become deliveries: one row, which also lets one server at a time do it.
create table webhook_place (
  one boolean constraint webhook_place_pkey primary key default true,
  place jsonb not null,
  constraint webhook_place_is_one check (one)
);

alter table webhook_endpoint enable row level security;
alter table webhook_endpoint force row level security;
create policy keeper on webhook_endpoint to mistok_owner using (true) with check (true);
create policy seen on webhook_endpoint for select to mistok_app using (organization_id = (select mistok.current_org()));
create policy seen_to_deliver on webhook_endpoint for select to mistok_app using ((select mistok.current_errand()) = 'deliver');
create policy made on webhook_endpoint for insert to mistok_app with check (organization_id = (select mistok.current_org())
  and application_id in (select a.id from application a where a.organization_id = (select mistok.current_org())));
create policy changed on webhook_endpoint for update to mistok_app using (organization_id = (select mistok.current_org()))
  with check (organization_id = (select mistok.current_org())
    and application_id in (select a.id from application a where a.organization_id = (select mistok.current_org())));
create policy changed_by_delivering on webhook_endpoint for update to mistok_app using ((select mistok.current_errand()) = 'deliver');
grant select, insert, update (application_id, url, types, status, disabled_reason, secret, previous_secret, previous_secret_until,
  failing_since, paused_until, replayed_at, updated_at, deleted_at, version) on webhook_endpoint to mistok_app;

alter table webhook_delivery enable row level security;
alter table webhook_delivery force row level security;
create policy keeper on webhook_delivery to mistok_owner using (true) with check (true);
create policy seen on webhook_delivery for select to mistok_app using (organization_id = (select mistok.current_org()));
create policy seen_to_deliver on webhook_delivery for select to mistok_app using ((select mistok.current_errand()) = 'deliver');
create policy made on webhook_delivery for insert to mistok_app
  with check (organization_id = (select mistok.current_org()) or (select mistok.current_errand()) = 'deliver');
create policy changed on webhook_delivery for update to mistok_app using (organization_id = (select mistok.current_org()));
create policy changed_by_delivering on webhook_delivery for update to mistok_app using ((select mistok.current_errand()) = 'deliver');
create policy aged on webhook_delivery for delete to mistok_app using ((select mistok.current_errand()) = 'deliver');
grant select, insert, delete, update (status, attempts, due_at, claimed_until, claim, ended_at) on webhook_delivery to mistok_app;

alter table webhook_attempt enable row level security;
alter table webhook_attempt force row level security;
create policy keeper on webhook_attempt to mistok_owner using (true) with check (true);
create policy seen on webhook_attempt for select to mistok_app using (organization_id = (select mistok.current_org()));
create policy made on webhook_attempt for insert to mistok_app with check ((select mistok.current_errand()) = 'deliver');
grant select, insert on webhook_attempt to mistok_app;

alter table webhook_place enable row level security;
alter table webhook_place force row level security;
create policy keeper on webhook_place to mistok_owner using (true) with check (true);
create policy seen on webhook_place for select to mistok_app using ((select mistok.current_errand()) = 'deliver');
create policy begun on webhook_place for insert to mistok_app with check ((select mistok.current_errand()) = 'deliver');
create policy moved on webhook_place for update to mistok_app using ((select mistok.current_errand()) = 'deliver');
grant select, insert, update (place) on webhook_place to mistok_app;

-- Whose rights decide what is sent.
create policy seen_to_deliver on application for select to mistok_app using ((select mistok.current_errand()) = 'deliver');
