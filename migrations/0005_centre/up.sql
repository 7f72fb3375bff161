-- Resilience centres (Центр життєстійкості): a barrier-free space of a hromada where a provider gives the resilience service.
-- Public to every organisation; written by the Ministry.

create table centre (
  id uuid constraint centre_pkey primary key,
  name text not null,
  territory_code text not null, -- where it stands
  origin_territory_code text, -- whom it serves, where a hromada was relocated from occupied territory
  provider_id uuid not null,
  host_id uuid, -- the institution in whose rooms it works
  status text not null,
  opened_on text, -- a partial date; the first opening
  address text,
  phone text, -- E.164
  barrier_free boolean, -- null: nobody has said
  search text not null, -- see base::text::search_key
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint centre_territory_exists foreign key (territory_code) references territory (code),
  constraint centre_origin_territory_exists foreign key (origin_territory_code) references territory (code),
  constraint centre_provider_exists foreign key (provider_id) references organization (id),
  constraint centre_host_exists foreign key (host_id) references organization (id),
  constraint centre_status_is_a_word check (status in ('PLANNED', 'OPEN', 'SUSPENDED', 'CLOSED')),
  constraint centre_that_works_was_opened check (status not in ('OPEN', 'SUSPENDED') or opened_on is not null),
  constraint centre_opened_on_is_a_partial_date check (opened_on ~ '^([0-9]{4}(-[0-9]{2}){0,2}|XXXX-[0-9]{2}-[0-9]{2})$'),
  constraint centre_phone_is_international check (phone ~ '^\+380[0-9]{9}$')
);
create index centre_newest on centre (created_at desc, id desc);
create index centre_provider on centre (provider_id, created_at desc, id desc);
create index centre_host on centre (host_id);
create index centre_origin_territory on centre (origin_territory_code);
create index centre_territory on centre (territory_code, created_at desc, id desc);

alter table offering add constraint offering_centre_exists foreign key (centre_id) references centre (id);
create index offering_centre on offering (centre_id);

-- How a centre came to its state: append-only, so that the figures of a past day can be told again.
create table centre_status (
  centre_id uuid not null,
  version integer not null, -- of the centre after the change
  status text not null,
  since text not null, -- a partial date
  recorded_at timestamptz not null,
  constraint centre_status_pkey primary key (centre_id, version),
  constraint centre_status_centre_exists foreign key (centre_id) references centre (id),
  constraint centre_status_history_is_a_word check (status in ('PLANNED', 'OPEN', 'SUSPENDED', 'CLOSED')),
  constraint centre_status_since_is_a_partial_date check (since ~ '^([0-9]{4}(-[0-9]{2}){0,2}|XXXX-[0-9]{2}-[0-9]{2})$')
);

-- The team: posts, not people.
create table centre_post (
  centre_id uuid not null,
  place integer not null, -- as it was told, from 0
  role text not null,
  count_hundredths integer not null, -- half a post is 50
  since text, -- a partial date; null: as long as anybody knows
  until text, -- a partial date, inclusive; null: still there
  constraint centre_post_pkey primary key (centre_id, place),
  constraint centre_post_centre_exists foreign key (centre_id) references centre (id),
  constraint centre_post_role_is_a_word check (role in ('SOCIAL_MANAGER', 'SOCIAL_WORK_SPECIALIST', 'PSYCHOLOGIST', 'COORDINATOR')),
  constraint centre_post_count_is_some check (count_hundredths between 1 and 100000),
  constraint centre_post_since_is_a_partial_date check (since ~ '^([0-9]{4}(-[0-9]{2}){0,2}|XXXX-[0-9]{2}-[0-9]{2})$'),
  constraint centre_post_until_is_a_partial_date check (until ~ '^([0-9]{4}(-[0-9]{2}){0,2}|XXXX-[0-9]{2}-[0-9]{2})$')
);

alter table centre enable row level security;
alter table centre force row level security;
create policy keeper on centre to mistok_owner using (true) with check (true);
create policy public on centre for select to mistok_app using (true);
create policy registered on centre for insert to mistok_app
  with check ((select mistok.current_kind()) = 'MINISTRY' or (select mistok.current_errand()) in ('operator', 'demo'));
create policy changed on centre for update to mistok_app
  using ((select mistok.current_kind()) = 'MINISTRY' or (select mistok.current_errand()) in ('operator', 'demo'));
grant select, insert, update (name, status, opened_on, address, phone, barrier_free, search, version, updated_at) on centre to mistok_app;

alter table centre_status enable row level security;
alter table centre_status force row level security;
create policy keeper on centre_status to mistok_owner using (true) with check (true);
create policy public on centre_status for select to mistok_app using (true);
create policy recorded on centre_status for insert to mistok_app
  with check ((select mistok.current_kind()) = 'MINISTRY' or (select mistok.current_errand()) in ('operator', 'demo'));
grant select, insert on centre_status to mistok_app;

alter table centre_post enable row level security;
alter table centre_post force row level security;
create policy keeper on centre_post to mistok_owner using (true) with check (true);
create policy public on centre_post for select to mistok_app using (true);
create policy told on centre_post for insert to mistok_app
  with check ((select mistok.current_kind()) = 'MINISTRY' or (select mistok.current_errand()) in ('operator', 'demo'));
create policy replaced on centre_post for delete to mistok_app
  using ((select mistok.current_kind()) = 'MINISTRY' or (select mistok.current_errand()) in ('operator', 'demo'));
grant select, insert, delete on centre_post to mistok_app;
