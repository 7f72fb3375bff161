-- What an application asks for although it is deprecated: counted, so that its own developers see what has to change before it goes.

-- What is counted stands under the organisation of the application, and under no other.
alter table application add constraint application_is_of_one_organization unique (id, organization_id);

create table deprecated_use (
  application_id uuid not null,
  coordinate text not null, -- its place in the schema, such as Type.field(argument:)
  organization_id uuid not null,
  count bigint not null, -- operations that were executed
  first_used_at timestamptz not null,
  last_used_at timestamptz not null, -- to the minute or so: uses are gathered in memory
  constraint deprecated_use_pkey primary key (application_id, organization_id, coordinate),
  constraint deprecated_use_is_of_the_application_s_organization foreign key (application_id, organization_id)
    references application (id, organization_id),
  constraint deprecated_use_is_counted check (count > 0),
  constraint deprecated_use_coordinate_is_short check (length(coordinate) between 1 and 300)
);
alter table deprecated_use enable row level security;
alter table deprecated_use force row level security;
create policy keeper on deprecated_use to mistok_owner using (true) with check (true);
create policy own on deprecated_use for select to mistok_app
  using (organization_id = (select mistok.current_org()) or (select mistok.current_errand()) = 'usage');
create policy counted on deprecated_use for insert to mistok_app with check ((select mistok.current_errand()) = 'usage');
create policy grown on deprecated_use for update to mistok_app using ((select mistok.current_errand()) = 'usage');
grant select, insert, update (count, last_used_at) on deprecated_use to mistok_app;
