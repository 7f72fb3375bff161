drop function mistok.contracts_in_force(date, boolean), mistok.payments_made(date, date, boolean), mistok.acts_accepted(date, date, boolean);
drop index payment_day, service_act_accepted;
