drop function mistok.contracts_in_force(date), mistok.payments_made(date, date), mistok.acts_accepted(date, date);
drop index payment_day, service_act_accepted;
