drop function mistok.median_hours(date, date), mistok.shared_services(uuid[]);
