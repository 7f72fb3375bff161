create or replace function mistok.told_after(after_epoch integer, after_tx text, after_seq bigint, until_epoch integer, until_tx text, since timestamptz, most bigint)
returns table (epoch integer, tx xid8, seq bigint, at timestamptz) language sql stable set enable_sort = off set enable_seqscan = off as $$
  select u.epoch, u.tx, u.seq, u.at from (
    (select a.epoch, a.tx, a.seq, a.at from public.change_audience a where a.organization_id = mistok.current_org()
      and (a.epoch, a.tx, a.seq) > (after_epoch, after_tx::xid8, after_seq) and (a.epoch, a.tx) < (until_epoch, until_tx::xid8) and a.at >= since
      order by a.epoch, a.tx, a.seq limit most)
    union all
    (select a.epoch, a.tx, a.seq, a.at from public.change_audience a where a.organization_id = '00000000-0000-0000-0000-000000000000'
      and (a.epoch, a.tx, a.seq) > (after_epoch, after_tx::xid8, after_seq) and (a.epoch, a.tx) < (until_epoch, until_tx::xid8) and a.at >= since
      order by a.epoch, a.tx, a.seq limit most)
  ) u order by u.epoch, u.tx, u.seq limit most
$$;
drop function mistok.told_is_kept_back(integer, text);
drop function mistok.told_to_any_after(integer, text, bigint, integer, text, bigint);
drop index change_audience_place;
