drop function mistok.key_to_write(uuid), mistok.shared_case(uuid[]), mistok.shared(uuid[]), mistok.readable(referral);
drop policy shown on consent;
drop policy noted on sealed;
drop policy from_referral on "case";
drop trigger keep_referral_case on "case";
alter table "case" drop constraint case_referral;
drop table referral_event, referral_party, referral;
drop function mistok.keep_referral_party(), mistok.keep_referral_case(), mistok.refuse();
