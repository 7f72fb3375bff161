drop function mistok.told_is_kept_back(integer, text);
drop function mistok.told_to_any_after(integer, text, bigint, integer, text, bigint);
drop index change_audience_place;
