-- Service types: rows of a classifier, loaded as data, never an enum.

create table service_type (
  id uuid constraint service_type_pkey primary key,
  code text not null, -- of the state classifier where it has the service, else our own M-000
  name text not null,
  name_en text,
  classifier_code text, -- state classifier of social services (order of the Ministry 429 of 2020), where the code is confirmed
  mhpss_code text, -- activity of the IASC 4Ws codes for mental health and psychosocial support
  constraint service_type_code_is_unique unique (code)
);

insert into service_type (id, code, name, name_en, classifier_code, mhpss_code) values
  ('5e510000-0000-4000-8000-000000000001', '001.0', 'Інформування', 'Information', '001.0', null),
  ('5e510000-0000-4000-8000-000000000002', '002.0', 'Консультування', 'Counselling', '002.0', null),
  ('5e510000-0000-4000-8000-000000000003', '015.1', 'Догляд вдома', 'Care at home', '015.1', null),
  ('5e510000-0000-4000-8000-000000000101', 'M-001', 'Комплексна соціальна послуга з формування життєстійкості', 'Resilience service', null, null),
  ('5e510000-0000-4000-8000-000000000102', 'M-002', 'Первинна консультація', 'Primary consultation', null, null),
  ('5e510000-0000-4000-8000-000000000103', 'M-003', 'Перша психологічна допомога', 'Psychological first aid', null, '7.1'),
  ('5e510000-0000-4000-8000-000000000104', 'M-004', 'Індивідуальна консультація', 'Individual consultation', null, '8.1'),
  ('5e510000-0000-4000-8000-000000000105', 'M-005', 'Групова консультація', 'Group consultation', null, '8.2'),
  ('5e510000-0000-4000-8000-000000000106', 'M-006', 'Група підтримки', 'Support group', null, null),
  ('5e510000-0000-4000-8000-000000000107', 'M-007', 'Соціальний супровід', 'Social support', null, null),
  ('5e510000-0000-4000-8000-000000000108', 'M-008', 'Гуманітарна допомога', 'Humanitarian aid', null, null),
  ('5e510000-0000-4000-8000-000000000109', 'M-009', 'Правова допомога', 'Legal aid', null, null),
  ('5e510000-0000-4000-8000-000000000110', 'M-010', 'Екстрене (кризове) втручання', 'Crisis intervention', null, null),
  ('5e510000-0000-4000-8000-000000000111', 'M-011', 'Надання притулку', 'Shelter', null, null),
  ('5e510000-0000-4000-8000-000000000112', 'M-012', 'Оцінка потреб особи чи сім’ї', 'Assessment of needs', null, null),
  ('5e510000-0000-4000-8000-000000000113', 'M-013', 'Виїзд мобільної бригади соціально-психологічної допомоги', 'Visit of a mobile team', null, null),
  ('5e510000-0000-4000-8000-000000000114', 'M-014', 'Курс «Самодопомога Плюс»', 'Self-Help Plus course', null, null),
  ('5e510000-0000-4000-8000-000000000115', 'M-015', 'Захист прав дитини', 'Protection of a child', null, null),
  ('5e510000-0000-4000-8000-000000000116', 'M-016', 'Реагування поліції', 'Police response', null, null),
  ('5e510000-0000-4000-8000-000000000117', 'M-017', 'Медична допомога', 'Health care', null, null);

-- Public to every organisation; rows come by migrations alone.
alter table service_type enable row level security;
alter table service_type force row level security;
create policy keeper on service_type to mistok_owner using (true) with check (true);
create policy public on service_type for select to mistok_app using (true);
grant select on service_type to mistok_app;
