-- The ground of the second wall: who asks, as the policies of all tables see it, and the journal.
-- The two roles belong to the cluster and exist before any migration (see `mistok migrate --print-roles`).

create schema mistok;
grant usage on schema mistok to mistok_app;

-- Settings are transaction-local. A pooled connection reads '' after the transaction, not null: hence nullif.
create function mistok.current_org() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('mistok.org_id', true), '')::uuid $$;
create function mistok.current_kind() returns text language sql stable parallel safe
  as $$ select nullif(current_setting('mistok.kind', true), '') $$;
-- Set for work of the server itself; policies name the errand that they let in.
create function mistok.current_errand() returns text language sql stable parallel safe
  as $$ select nullif(current_setting('mistok.errand', true), '') $$;
-- The server's clock, so that rules in SQL and in Rust speak of the same moment.
create function mistok.now() returns timestamptz language sql stable parallel safe
  as $$ select coalesce(nullif(current_setting('mistok.now', true), '')::timestamptz, now()) $$;

-- One entry for each change of an object: the feed, the webhooks and the audit of writes read this one table.
create sequence change_seq;
create table change (
  epoch integer not null default 1, -- grows when the cluster's system identifier has changed: transaction ids start anew
  tx xid8 not null default pg_current_xact_id(),
  seq bigint not null,
  at timestamptz not null,
  type text not null,
  object_type text not null,
  object_id uuid not null,
  object_version integer not null,
  actor_kind text not null,
  organization_id uuid, -- who acted; null: the server or its operator
  application_id uuid,
  acting_for text, -- the partner's own id of its worker; opaque
  detail jsonb not null default '{}', -- ids and words, never personal data
  constraint change_pkey primary key (seq, at),
  constraint change_actor_kind_is_a_word check (actor_kind in ('APPLICATION', 'SYSTEM', 'OPERATOR')),
  constraint change_actor_is_named check ((actor_kind = 'APPLICATION') = (organization_id is not null and application_id is not null))
) partition by range (at);
create index change_object on change (object_id, seq);

-- Who may learn of a change, by the rule of that moment. The nil UUID stands for everyone.
create table change_audience (
  organization_id uuid not null,
  epoch integer not null default 1,
  tx xid8 not null default pg_current_xact_id(),
  seq bigint not null,
  at timestamptz not null,
  constraint change_audience_pkey primary key (organization_id, epoch, tx, seq, at)
) partition by range (at);
create index change_audience_seq on change_audience (seq);

-- Reads of personal data: written after the reading and before the first byte leaves, or nothing leaves.
create table access (
  id uuid not null,
  at timestamptz not null,
  organization_id uuid not null,
  application_id uuid not null,
  acting_for text,
  purpose text not null,
  object_type text not null,
  object_ids uuid[] not null,
  fields text[] not null,
  request_id text not null,
  constraint access_pkey primary key (id, at),
  constraint access_purpose_is_a_word check (purpose in ('CASE_WORK', 'SUPERVISION', 'SUBJECT_REQUEST', 'AUDIT', 'LEGAL_DUTY'))
) partition by range (at);
create index access_objects on access using gin (object_ids);

create table change_rest partition of change default;
create table change_audience_rest partition of change_audience default;
create table access_rest partition of access default;

-- Makes the months ahead; called by the server's own work, since no organisation may create a table.
create function mistok.keep_partitions() returns void language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  parent text;
  month date;
begin
  foreach parent in array array['change', 'change_audience', 'access'] loop
    for step in 0..3 loop
      month := date_trunc('month', now() at time zone 'UTC')::date + make_interval(months => step);
      if to_regclass(format('public.%I', parent || to_char(month, '_YYYY_MM'))) is null then
        execute format('create table public.%I partition of public.%I for values from (%L) to (%L)',
          parent || to_char(month, '_YYYY_MM'), parent, month::timestamp at time zone 'UTC', (month + interval '1 month')::timestamp at time zone 'UTC');
      end if;
    end loop;
  end loop;
end $$;
revoke execute on function mistok.keep_partitions() from public;
grant execute on function mistok.keep_partitions() to mistok_app;
select mistok.keep_partitions();

alter table change enable row level security;
alter table change force row level security;
create policy keeper on change to mistok_owner using (true) with check (true);
-- By transaction too: nobody makes himself the audience of what others have written (see `written` on change_audience).
create policy told on change for select to mistok_app using (exists (
  select from change_audience a where a.seq = change.seq and a.epoch = change.epoch and a.tx = change.tx
    and a.organization_id in ((select mistok.current_org()), '00000000-0000-0000-0000-000000000000')));
create policy written on change for insert to mistok_app with check (tx = pg_current_xact_id() and (
  organization_id = (select mistok.current_org()) or (organization_id is null and (select mistok.current_errand()) is not null)));
grant select, insert on change to mistok_app;
grant usage on sequence change_seq to mistok_app;

alter table change_audience enable row level security;
alter table change_audience force row level security;
create policy keeper on change_audience to mistok_owner using (true) with check (true);
create policy told on change_audience for select to mistok_app
  using (organization_id in ((select mistok.current_org()), '00000000-0000-0000-0000-000000000000'));
create policy written on change_audience for insert to mistok_app
  with check (tx = pg_current_xact_id() and ((select mistok.current_org()) is not null or (select mistok.current_errand()) is not null));
grant select, insert on change_audience to mistok_app;

alter table access enable row level security;
alter table access force row level security;
create policy keeper on access to mistok_owner using (true) with check (true);
create policy own on access for select to mistok_app using (organization_id = (select mistok.current_org()));
create policy written on access for insert to mistok_app with check (organization_id = (select mistok.current_org()));
grant select, insert on access to mistok_app;

-- A repeated mutation answers the same: what was changed under which key, kept in the transaction of the change.
create table idempotency (
  application_id uuid not null,
  mutation text not null,
  key text not null,
  organization_id uuid not null,
  input_hash bytea not null, -- keyed: the input may name a person
  object_id uuid not null,
  at timestamptz not null,
  constraint idempotency_pkey primary key (organization_id, application_id, mutation, key), -- a stranger uses up nobody's keys
  constraint idempotency_key_is_short check (length(key) between 1 and 128)
);
create index idempotency_at on idempotency (at);
alter table idempotency enable row level security;
alter table idempotency force row level security;
create policy keeper on idempotency to mistok_owner using (true) with check (true);
create policy own on idempotency for select to mistok_app using (organization_id = (select mistok.current_org()));
create policy claimed on idempotency for insert to mistok_app with check (organization_id = (select mistok.current_org()));
create policy aged_seen on idempotency for select to mistok_app using ((select mistok.current_errand()) = 'expiry');
create policy aged on idempotency for delete to mistok_app using ((select mistok.current_errand()) = 'expiry');
grant select, insert, delete on idempotency to mistok_app;

-- Work of the server that only one of several servers may do at a time.
create table lease (
  errand text constraint lease_pkey primary key,
  holder uuid not null,
  until timestamptz not null
);
alter table lease enable row level security;
alter table lease force row level security;
create policy keeper on lease to mistok_owner using (true) with check (true);
create policy errands on lease to mistok_app
  using ((select mistok.current_errand()) is not null) with check ((select mistok.current_errand()) is not null);
grant select, insert, update on lease to mistok_app;
