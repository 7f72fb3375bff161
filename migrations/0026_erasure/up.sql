-- Erasure of a person: the key goes, and with it everything that was ever said under it, in old copies too once the keys' own short-lived
-- backups are overwritten. Rows that say nothing of a person stay, so that no count changes.
alter table person add erased_at timestamptz;
alter table "case" add erased_at timestamptz; -- of its person
alter table referral add erased_at timestamptz;

alter table referral drop constraint referral_status_reason_is_a_word;
alter table referral add constraint referral_status_reason_is_a_word check (status_reason in (
    'NOT_ELIGIBLE', 'NO_CAPACITY', 'OUT_OF_AREA', 'SERVICE_NOT_PROVIDED', 'DUPLICATE', 'INSUFFICIENT_INFORMATION', 'WAITING_LIST',
    'CLIENT_UNAVAILABLE', 'AWAITING_DOCUMENTS', 'SECURITY_SITUATION', 'NO_SHOW', 'UNREACHABLE', 'CLIENT_DECLINED', 'MOVED', 'DECEASED',
    'CONSENT_WITHDRAWN', 'CONSENT_EXPIRED', 'MEMORANDUM_ENDED', 'PERSON_ERASED', 'NEED_CEASED', 'SENT_BY_MISTAKE', 'PROVIDER_CLOSED', 'OTHER'));

-- What others have written of the person goes too, hence past the wall; only for the organisation whose record it is.
create function mistok.erase_person(person uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update public.person p set erased_at = mistok.now()
    where p.id = erase_person.person and p.organization_id = mistok.current_org() and p.erased_at is null;
  if not found then
    return false;
  end if;
  delete from public.sealed s where s.person_id = erase_person.person;
  -- After it: what is taken away may be kept for a receiver (see 0013).
  delete from public.referral_kept k using public.referral r where r.id = k.referral_id and r.person_id = erase_person.person;
  delete from public.person_lookup l where l.person_id = erase_person.person;
  delete from vault.person_key k where k.person_id = erase_person.person;
  -- The partner's own number leads to the person in its other systems.
  update public."case" c set erased_at = mistok.now(), external_reference = null where c.person_id = erase_person.person;
  update public.referral r set erased_at = mistok.now() where r.person_id = erase_person.person;
  return true;
end $$;
revoke execute on function mistok.erase_person(uuid) from public;
grant execute on function mistok.erase_person(uuid) to mistok_app;
