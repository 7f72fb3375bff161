drop trigger keep_receiver_figures on referral;
drop function mistok.receiver_figures(uuid[]), mistok.keep_receiver_figures(), mistok.figures_of(referral);
drop table receiver_day, receiver_load;
