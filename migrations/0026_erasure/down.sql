drop function mistok.erase_person(uuid);
update referral set status_reason = 'OTHER' where status_reason = 'PERSON_ERASED';
alter table referral drop constraint referral_status_reason_is_a_word;
alter table referral add constraint referral_status_reason_is_a_word check (status_reason in (
    'NOT_ELIGIBLE', 'NO_CAPACITY', 'OUT_OF_AREA', 'SERVICE_NOT_PROVIDED', 'DUPLICATE', 'INSUFFICIENT_INFORMATION', 'WAITING_LIST',
    'CLIENT_UNAVAILABLE', 'AWAITING_DOCUMENTS', 'SECURITY_SITUATION', 'NO_SHOW', 'UNREACHABLE', 'CLIENT_DECLINED', 'MOVED', 'DECEASED',
    'CONSENT_WITHDRAWN', 'CONSENT_EXPIRED', 'MEMORANDUM_ENDED', 'NEED_CEASED', 'SENT_BY_MISTAKE', 'PROVIDER_CLOSED', 'OTHER'));
alter table referral drop erased_at;
alter table "case" drop erased_at;
alter table person drop erased_at;
