drop table referral_clock;
