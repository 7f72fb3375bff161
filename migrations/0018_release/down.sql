drop function mistok.recipients(date, date), mistok.partner_figures(date), mistok.last_day(text), mistok.open_tally(date, date),
  mistok.published(text[], text, text, date, date);
drop table frozen_figure, release;
