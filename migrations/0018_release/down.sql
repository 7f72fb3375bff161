drop index service_delivery_attendance_is_one;
create unique index service_delivery_attendance_is_one on service_delivery (activity_id, organization_id, case_id);
drop index service_delivery_of_a_day;
drop function mistok.recipients(date, date), mistok.partner_figures(date), mistok.last_day(text),
  mistok.published(text[], text, text, date, date);
drop table frozen_figure, release;
