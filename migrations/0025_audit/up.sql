-- Who has read one object, for the trail of the audit. One entry is one page of an answer: it names all objects that were read with it.
-- A case's person has no other way to be asked about; what is told of others' reads is told to whom the data belong, the sender:
-- which organisation, when, why and what, and of the page his own referrals alone.
create function mistok.reads_of(object uuid)
returns table (id uuid, at timestamptz, organization_id uuid, application_id uuid, acting_for text, purpose text, object_type text, object_ids uuid[], fields text[])
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select a.id, a.at, a.organization_id, case when w.own then a.application_id end, case when w.own then a.acting_for end, a.purpose, a.object_type,
    case when w.own then a.object_ids
      else array(select r.id from public.referral r where r.id = any(a.object_ids) and r.sender_id = mistok.current_org() order by r.id) end,
    a.fields
  from (select array[object] || array(select c.person_id from public."case" c where c.id = object and c.organization_id = mistok.current_org())) o (ids)
  join public.access a on a.object_ids && o.ids
  cross join lateral (select coalesce(a.organization_id = mistok.current_org(), false)) w (own)
  where w.own or (a.object_type = 'REFERRAL'
    and exists (select from public.referral r where r.id = object and r.sender_id = mistok.current_org()))
$$;
revoke execute on function mistok.reads_of(uuid) from public;
grant execute on function mistok.reads_of(uuid) to mistok_app;
