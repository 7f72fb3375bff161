drop function mistok.clocks_breached();
drop function mistok.measured();
drop index referral_clock_breached;
