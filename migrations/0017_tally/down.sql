drop trigger referral_in_error_takes_its_delay_along on referral;
drop trigger case_in_error_takes_its_assessments_along on "case";
drop trigger referral_clock_is_counted_anew on referral_clock;
drop trigger referral_clock_is_counted on referral_clock;
drop trigger referral_is_counted_anew on referral;
drop trigger referral_is_counted on referral;
drop trigger assessment_is_counted on assessment;
drop trigger case_is_counted_anew on "case";
drop trigger case_is_counted on "case";
drop trigger group_is_counted on "group";
drop trigger activity_is_counted_anew on activity;
drop trigger activity_is_counted on activity;
drop trigger service_delivery_is_counted_anew on service_delivery;
drop trigger service_delivery_is_counted on service_delivery;
drop function mistok.open_months(boolean, text[], text[], date, date),
  mistok.open_tally(text[], text[], date, date, boolean, boolean, boolean, boolean, boolean),
  mistok.own_tally(text[], date, date, boolean, boolean, boolean, boolean, boolean, boolean, boolean), mistok.fold_tally(integer), mistok.rebuild_tally(), mistok.count_tally(), mistok.forget_overdue(), mistok.forget_assessments(),
  mistok.count_referral_clock(), mistok.count_referral(), mistok.count_assessment(), mistok.count_case(), mistok.count_group(),
  mistok.count_activity(), mistok.count_service_delivery(), mistok.tally_of(referral_clock), mistok.tally_of(referral), mistok.tally_of(assessment), mistok.tally_of("case"), mistok.tally_of("group"),
  mistok.tally_of(activity), mistok.tally_of(service_delivery);
drop table open_month, tally;
