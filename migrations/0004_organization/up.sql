-- Organisations, the partners of each other, and what they offer. Public to every organisation; written by the Ministry.

create table organization (
  id uuid constraint organization_pkey primary key,
  kind text not null, -- decides which scopes its applications may hold
  name text not null,
  name_en text,
  edrpou text, -- text: leading zeros count; the check digit is the program's business
  territory_code text, -- where it stands, and the area that it serves where an offering names none
  registry_number text, -- in the register of providers and recipients of social services
  active boolean not null default true,
  contacts jsonb not null default '[]', -- of the institution, never of a person
  search text not null, -- names and EDRPOU as keys of search, see base::text::search_key
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint organization_kind_is_a_word check (kind in ('MINISTRY', 'OVERSIGHT_BODY', 'FUND', 'FUND_BRANCH', 'LOCAL_AUTHORITY', 'MUNICIPAL_INSTITUTION',
    'STATE_BODY', 'NGO', 'CHARITY', 'SOLE_PROPRIETOR', 'INTERNATIONAL', 'BUSINESS', 'RELIGIOUS')),
  constraint organization_territory_exists foreign key (territory_code) references territory (code),
  constraint organization_edrpou_is_unique unique (edrpou),
  constraint organization_edrpou_has_eight_digits check (edrpou ~ '^[0-9]{8}$'),
  constraint organization_sole_proprietor_has_no_edrpou check (kind <> 'SOLE_PROPRIETOR' or edrpou is null),
  constraint organization_contacts_are_a_list check (jsonb_typeof(contacts) = 'array')
);
create index organization_newest on organization (created_at desc, id desc);
create index organization_territory on organization (territory_code);

-- The tax number of a sole proprietor is personal: sealed, found again by a keyed hash alone, and never read by the serving login.
create table organization_secret (
  organization_id uuid constraint organization_secret_pkey primary key,
  wrapped_key bytea not null, -- a key of its own, wrapped by the master key: erase it and the number is gone
  tax_number_sealed bytea not null,
  tax_number_hash bytea not null,
  constraint organization_secret_organization_exists foreign key (organization_id) references organization (id),
  constraint organization_secret_tax_number_is_unique unique (tax_number_hash)
);

-- What an organisation offers where, and whether it can take people now.
create table offering (
  id uuid constraint offering_pkey primary key,
  organization_id uuid not null,
  service_id uuid not null,
  centre_id uuid, -- the centre where it is given; null: anywhere in the area
  territories text[] not null default '{}', -- empty: the whole area of the centre or the organisation
  capacity text not null,
  capacity_as_of timestamptz not null,
  expected_wait text, -- ISO 8601 duration
  version integer not null default 1,
  constraint offering_organization_exists foreign key (organization_id) references organization (id),
  constraint offering_service_exists foreign key (service_id) references service_type (id),
  constraint offering_is_told_once unique nulls not distinct (organization_id, service_id, centre_id),
  constraint offering_capacity_is_a_word check (capacity in ('AVAILABLE', 'WAITLIST', 'ADDITIONAL_ASSESSMENT_REQUIRED', 'NONE', 'UNKNOWN'))
);
create index offering_service on offering (service_id, organization_id);

alter table organization enable row level security;
alter table organization force row level security;
create policy keeper on organization to mistok_owner using (true) with check (true);
create policy public on organization for select to mistok_app using (true);
create policy registered on organization for insert to mistok_app
  with check ((select mistok.current_kind()) = 'MINISTRY' or (select mistok.current_errand()) in ('operator', 'demo'));
create policy changed on organization for update to mistok_app
  using ((select mistok.current_kind()) = 'MINISTRY' or (select mistok.current_errand()) in ('operator', 'demo'));
grant select, insert, update (name, name_en, territory_code, registry_number, active, contacts, search, version, updated_at) on organization to mistok_app;

alter table organization_secret enable row level security;
alter table organization_secret force row level security;
create policy keeper on organization_secret to mistok_owner using (true) with check (true);
create policy registered on organization_secret for insert to mistok_app
  with check ((select mistok.current_kind()) = 'MINISTRY' or (select mistok.current_errand()) in ('operator', 'demo'));
grant insert on organization_secret to mistok_app;

-- An offering is told by its own organisation alone, the Ministry included among those who may not.
alter table offering enable row level security;
alter table offering force row level security;
create policy keeper on offering to mistok_owner using (true) with check (true);
create policy public on offering for select to mistok_app using (true);
create policy told on offering for insert to mistok_app
  with check (organization_id = (select mistok.current_org()) or (select mistok.current_errand()) in ('operator', 'demo'));
create policy changed on offering for update to mistok_app
  using (organization_id = (select mistok.current_org()) or (select mistok.current_errand()) in ('operator', 'demo'));
grant select, insert, update (territories, capacity, capacity_as_of, expected_wait, version) on offering to mistok_app;
