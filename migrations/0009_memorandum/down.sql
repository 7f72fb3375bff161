drop table memorandum_span, memorandum_event, memorandum_coverage, memorandum_party, memorandum cascade;
drop function mistok.partner_counts(uuid[], date), mistok.current_region(), mistok.keep_known_to(), mistok.keep_memorandum(), mistok.keep_memorandum_party();
