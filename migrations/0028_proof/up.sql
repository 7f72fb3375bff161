-- The audit proves itself: every entry has a hash, the changes of one object form a chain, and what is settled is put under signed roots.
-- README, "Proofs", says the same for those who check it with tools of their own; src/journal/proof/entry.rs is held equal by a test.

-- One field of what is hashed: its length in bytes, the text, a comma; a hyphen for null. No two rows read the same.
create function mistok.netstring(field text) returns text language sql stable parallel safe
  as $$ select coalesce(octet_length(convert_to(field, 'UTF8'))::text || ':' || field || ',', '-') $$;
create function mistok.netstrings(fields text[]) returns text language plpgsql stable parallel safe as $$
declare
  field text;
  all_fields text := '';
begin
  foreach field in array fields loop
    all_fields := all_fields || mistok.netstring(field);
  end loop;
  return all_fields;
end $$;
-- A moment in microseconds since 1970: text of a timestamp depends on settings of whoever asks.
create function mistok.microseconds(moment timestamptz) returns text language sql stable parallel safe
  as $$ select (extract(epoch from moment) * 1000000)::bigint::text $$;

-- Where an entry stands among all: by transaction, as the feed reads, changes before reads. Fixed widths, so that text sorts as numbers do.
create function mistok.place(epoch integer, tx xid8, kind integer, key text) returns text language sql stable parallel safe
  as $$ select lpad(epoch::text, 10, '0') || '.' || lpad(tx::text, 20, '0') || '.' || kind::text || '.' || key $$;
create function mistok.place(c change) returns text language sql stable parallel safe
  as $$ select mistok.place(c.epoch, c.tx, 0, lpad(to_hex(c.seq), 32, '0')) $$;

-- The last change of each object. Its row is what writers of one object wait for, so that a chain never forks: a lock in memory for each
-- object would be too many for an import, and a search would look into every month.
create table change_head (
  object_id uuid not null,
  object_type text not null,
  previous_hash bytea,
  hash bytea not null,
  constraint change_head_pkey primary key (object_id, object_type)
) with (fillfactor = 80);
alter table change_head enable row level security;
alter table change_head force row level security;
create policy keeper on change_head to mistok_owner using (true) with check (true);

alter table change add column previous_hash bytea, add column hash bytea;

-- jsonb has one text for one value (keys ordered, spaces set), so detail::text is what is hashed.
create function mistok.change_hash(c change, previous bytea) returns bytea language plpgsql stable as $$
begin
  return sha256(convert_to('mistok change 1' || chr(10)
    || mistok.netstring(c.epoch::text) || mistok.netstring(c.tx::text) || mistok.netstring(c.seq::text)
    || mistok.netstring(mistok.microseconds(c.at)) || mistok.netstring(c.type) || mistok.netstring(c.object_type)
    || mistok.netstring(c.object_id::text) || mistok.netstring(c.object_version::text) || mistok.netstring(c.actor_kind)
    || mistok.netstring(c.organization_id::text) || mistok.netstring(c.application_id::text) || mistok.netstring(c.acting_for)
    || mistok.netstring(c.detail::text) || mistok.netstring(encode(previous, 'hex')), 'UTF8'));
end $$;

-- Whatever the writer says of the hashes: they are set here, under the lock of the object's last change.
create function mistok.chain_change() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into change_head as h (object_id, object_type, previous_hash, hash)
  values (new.object_id, new.object_type, null, mistok.change_hash(new, null))
  on conflict (object_id, object_type) do update set previous_hash = h.hash, hash = mistok.change_hash(new, h.hash)
  returning h.previous_hash, h.hash into new.previous_hash, new.hash;
  return new;
end $$;
revoke execute on function mistok.chain_change() from public;

-- What was there before: in the order of the feed.
do $$
declare
  entry change;
begin
  for entry in select * from change order by epoch, tx, seq loop
    insert into change_head as h (object_id, object_type, previous_hash, hash)
    values (entry.object_id, entry.object_type, null, mistok.change_hash(entry, null))
    on conflict (object_id, object_type) do update set previous_hash = h.hash, hash = mistok.change_hash(entry, h.hash)
    returning h.previous_hash, h.hash into entry.previous_hash, entry.hash;
    update change c set previous_hash = entry.previous_hash, hash = entry.hash where c.seq = entry.seq and c.at = entry.at;
  end loop;
end $$;
alter table change alter column hash set not null;
create trigger chained before insert on change for each row execute function mistok.chain_change();
create index change_place on change (epoch, tx, seq);

-- Nobody dates an entry into what is signed already.
drop policy written on change;
create policy written on change for insert to mistok_app with check (tx = pg_current_xact_id() and epoch = (select mistok.current_epoch()) and (
  organization_id = (select mistok.current_org()) or (organization_id is null and (select mistok.current_errand()) is not null)));

-- Reads are leaves of their own: a chain would make readers wait for each other. Those that are there already count as written now.
alter table access
  add column epoch integer not null default mistok.current_epoch(),
  add column tx xid8 not null default pg_current_xact_id(),
  add column hash bytea;
create function mistok.place(a access) returns text language sql stable parallel safe
  as $$ select mistok.place(a.epoch, a.tx, 1, replace(a.id::text, '-', '')) $$;
-- Ids are all of one length: commas between them are enough, and five times as fast.
create function mistok.access_hash(a access) returns bytea language plpgsql stable as $$
begin
  return sha256(convert_to('mistok read 1' || chr(10)
    || mistok.netstring(a.epoch::text) || mistok.netstring(a.tx::text) || mistok.netstring(a.id::text)
    || mistok.netstring(mistok.microseconds(a.at)) || mistok.netstring(a.organization_id::text) || mistok.netstring(a.application_id::text)
    || mistok.netstring(a.acting_for) || mistok.netstring(a.purpose) || mistok.netstring(a.object_type)
    || mistok.netstring(array_to_string(a.object_ids, ',', '-')) || mistok.netstring(mistok.netstrings(a.fields))
    || mistok.netstring(a.request_id), 'UTF8'));
end $$;
create function mistok.hash_access() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  new.hash := mistok.access_hash(new);
  return new;
end $$;
revoke execute on function mistok.hash_access() from public;
update access a set hash = mistok.access_hash(a);
alter table access alter column hash set not null;
create trigger hashed before insert on access for each row execute function mistok.hash_access();
create index access_place on access (epoch, tx, id);
drop policy written on access;
create policy written on access for insert to mistok_app with check (
  organization_id = (select mistok.current_org()) and tx = pg_current_xact_id() and epoch = (select mistok.current_epoch()));

-- Keys with which roots are signed, and those that were announced.
create table audit_key (
  id text constraint audit_key_pkey primary key, -- thumbprint (RFC 7638)
  public_key text not null, -- PEM
  since timestamptz not null
);
alter table audit_key enable row level security;
alter table audit_key force row level security;
create policy keeper on audit_key to mistok_owner using (true) with check (true);
create policy seen on audit_key for select to mistok_app using (true);
create policy written on audit_key for insert to mistok_app with check ((select mistok.current_errand()) = 'audit');
grant select, insert on audit_key to mistok_app;

-- Each root covers the stretch from where the one before it ended: every entry stands under exactly one.
create table audit_root (
  number bigint constraint audit_root_pkey primary key,
  at timestamptz not null,
  from_place text collate "C" not null,
  until_place text collate "C" not null, -- not covered any more
  leaves bytea not null, -- hashes of all entries of the stretch, 32 bytes each, in their order
  filling bytea not null, -- what the tree is filled up from, so that its size tells nobody how much is written
  tree bytea not null,
  previous_hash bytea, -- of what the root before it says
  signature bytea not null,
  key_id text not null constraint audit_root_key_is_known references audit_key (id),
  constraint audit_root_begins_the_chain check ((number = 1) = (previous_hash is null) and number > 0),
  constraint audit_root_goes_on check (from_place <= until_place),
  constraint audit_root_leaves_are_hashes check (length(leaves) % 32 = 0 and length(filling) = 32 and length(tree) = 32)
);
-- Hashes cannot be compressed.
alter table audit_root alter column leaves set storage external;
create index audit_root_until on audit_root (until_place, number);
create index audit_root_key on audit_root (key_id, number);
alter table audit_root enable row level security;
alter table audit_root force row level security;
create policy keeper on audit_root to mistok_owner using (true) with check (true);
create policy seen on audit_root for select to mistok_app using ((select mistok.current_errand()) = 'audit');
create policy written on audit_root for insert to mistok_app with check ((select mistok.current_errand()) = 'audit');
grant select, insert on audit_root to mistok_app;

-- Two servers at once make one root, not two: the second finds it there.
create function mistok.follow_root() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  last audit_root;
begin
  select * into last from audit_root order by number desc limit 1;
  if new.number <> coalesce(last.number, 0) + 1 or (last.number is not null and new.from_place <> last.until_place) then
    raise exception using errcode = 'check_violation', constraint = 'audit_root_follows', table = 'audit_root',
      message = 'a root begins where the one before it ends';
  end if;
  return new;
end $$;
revoke execute on function mistok.follow_root() from public;
create trigger follows before insert on audit_root for each row execute function mistok.follow_root();

-- Entries of a stretch in their order, for the errand that signs and exports them.
create function mistok.audited(from_place text, until_place text, most bigint)
returns table (place text, kind integer, epoch integer, tx text, seq bigint, id uuid, at timestamptz, type text, object_type text, object_id uuid,
  object_version integer, actor_kind text, organization_id uuid, application_id uuid, acting_for text, detail text, purpose text, object_ids uuid[],
  fields text[], request_id text, previous_hash bytea, hash bytea)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp set enable_sort = off set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  -- As numeric first: xid8 takes a text that begins with 0 for octal. Changes of a transaction stand before its reads.
  from_epoch integer := split_part(from_place, '.', 1)::integer;
  from_tx xid8 := split_part(from_place, '.', 2)::numeric::text::xid8;
  from_read uuid := case split_part(from_place, '.', 3) when '1' then split_part(from_place, '.', 4) else repeat('0', 32) end::uuid;
  from_seq bigint := case split_part(from_place, '.', 3) when '1' then 9223372036854775807 else ('x' || right(from_place, 16))::bit(64)::bigint end;
  until_epoch integer := split_part(until_place, '.', 1)::integer;
  until_tx xid8 := split_part(until_place, '.', 2)::numeric::text::xid8;
  until_read uuid := case split_part(until_place, '.', 3) when '1' then split_part(until_place, '.', 4) else repeat('0', 32) end::uuid;
  until_seq bigint := case split_part(until_place, '.', 3) when '1' then 9223372036854775807 else ('x' || right(until_place, 16))::bit(64)::bigint end;
begin
  if mistok.current_errand() is distinct from 'audit' then
    return;
  end if;
  return query
  select * from (
    (select mistok.place(c) as place, 0 as kind, c.epoch, c.tx::text, c.seq, null::uuid as id, c.at, c.type, c.object_type, c.object_id, c.object_version,
        c.actor_kind, c.organization_id, c.application_id, c.acting_for, c.detail::text, null::text, null::uuid[], null::text[], null::text,
        c.previous_hash, c.hash
      from change c
      where (c.epoch, c.tx, c.seq) >= (from_epoch, from_tx, from_seq) and (c.epoch, c.tx, c.seq) < (until_epoch, until_tx, until_seq)
      order by c.epoch, c.tx, c.seq limit most)
    union all
    (select mistok.place(a), 1, a.epoch, a.tx::text, null, a.id, a.at, null, a.object_type, null, null,
        null, a.organization_id, a.application_id, a.acting_for, null, a.purpose, a.object_ids, a.fields, a.request_id,
        null, a.hash
      from access a
      where (a.epoch, a.tx, a.id) >= (from_epoch, from_tx, from_read) and (a.epoch, a.tx, a.id) < (until_epoch, until_tx, until_read)
      order by a.epoch, a.tx, a.id limit most)
  ) u order by u.place collate "C", u.hash limit most;
end $$;

-- The root over one entry. Who knows an entry's hash has seen the entry: only its trail tells it.
create function mistok.root_over(entry_hash bytea, entry_place text)
returns table (number bigint, at timestamptz, from_place text, until_place text, leaves bytea, filling bytea, tree bytea, previous_hash bytea,
  signature bytea, key_id text)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin
  return query
  select r.number, r.at, r.from_place, r.until_place, r.leaves, r.filling, r.tree, r.previous_hash, r.signature, r.key_id
  from (select * from audit_root n where n.until_place > entry_place collate "C" order by n.until_place, n.number limit 1) r
  where position(entry_hash in r.leaves) > 0;
end $$;
-- Keys with the time until which each has signed; null for the one that signs, and for one that has not begun.
create function mistok.audit_keys() returns table (id text, public_key text, since timestamptz, until timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin
  return query
  select k.id, k.public_key, k.since, case when l.key_id <> k.id then o.at end
  from audit_key k
  left join (select r.key_id from audit_root r order by r.number desc limit 1) l on true
  left join lateral (select r.at from audit_root r where r.key_id = k.id order by r.number desc limit 1) o on true
  order by k.since, k.id;
end $$;
revoke execute on function mistok.audited(text, text, bigint), mistok.root_over(bytea, text), mistok.audit_keys() from public;
grant execute on function mistok.audited(text, text, bigint), mistok.root_over(bytea, text), mistok.audit_keys() to mistok_app;

-- As before, with each read's hash and place.
drop function mistok.reads_of(uuid);
create function mistok.reads_of(object uuid)
returns table (id uuid, at timestamptz, organization_id uuid, application_id uuid, acting_for text, purpose text, object_type text, object_ids uuid[], fields text[],
  hash bytea, place text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select a.id, a.at, a.organization_id, case when w.own then a.application_id end, case when w.own then a.acting_for end, a.purpose, a.object_type,
    case when w.own then a.object_ids
      else array(select r.id from public.referral r where r.id = any(a.object_ids) and r.sender_id = mistok.current_org() order by r.id) end,
    a.fields, a.hash, mistok.place(a)
  from (select array[object] || array(select c.person_id from public."case" c where c.id = object and c.organization_id = mistok.current_org())) o (ids)
  join public.access a on a.object_ids && o.ids
  cross join lateral (select coalesce(a.organization_id = mistok.current_org(), false)) w (own)
  where w.own or (a.object_type = 'REFERRAL'
    and exists (select from public.referral r where r.id = object and r.sender_id = mistok.current_org()))
$$;
revoke execute on function mistok.reads_of(uuid) from public;
grant execute on function mistok.reads_of(uuid) to mistok_app;
