-- Clocks of referrals: how long the answer, the first contact and the whole may take. All are the receiver's, whose turn it is.

create table referral_clock (
  referral_id uuid not null constraint referral_clock_referral references referral,
  phase text not null,
  owner_id uuid not null constraint referral_clock_owner references organization,
  started_at timestamptz not null,
  due_at timestamptz not null, -- as of the last moment at which it ran: the end of a pause moves it
  paused_at timestamptz, -- waits since then; stays if it stopped during the pause
  stopped_at timestamptz,
  breached_at timestamptz, -- when its breach was published, once
  constraint referral_clock_pkey primary key (referral_id, phase),
  constraint referral_clock_phase_is_a_word check (phase in ('RESPOND', 'FIRST_CONTACT', 'COMPLETE'))
);
create index referral_clock_owner on referral_clock (owner_id);
-- What the server looks for in each of its rounds.
create index referral_clock_late on referral_clock (due_at) where stopped_at is null and paused_at is null and breached_at is null;

-- Referrals that are there already, by the usual lengths in plain hours. What they missed and ended is no news any more;
-- what they miss now the server tells in its next round.
insert into referral_clock (referral_id, phase, owner_id, started_at, due_at, stopped_at)
  select id, 'RESPOND', receiver_id, sent_at, respond_by,
    case when status not in ('SENT', 'RECEIVED') then coalesce(accepted_at, ended_at, updated_at) end
  from referral where sent_at is not null;
with step as (
  select referral_id, at, to_status, lead(at) over w as until, lead(to_status) over w as next
  from referral_event window w as (partition by referral_id order by version, id)
), worked as (
  select r.id, r.receiver_id, r.urgency, r.accepted_at,
    case when r.status not in ('ACCEPTED', 'IN_PROGRESS', 'ON_HOLD') then coalesce(r.ended_at, r.updated_at) end as over_at,
    (select min(s.at) from step s where s.referral_id = r.id and s.to_status = 'IN_PROGRESS') as contact_at,
    (select min(s.at) from step s where s.referral_id = r.id and s.to_status = 'ON_HOLD') as held_at,
    -- The pause out of which nobody went on.
    (select max(s.at) from step s where s.referral_id = r.id and s.to_status = 'ON_HOLD' and s.next is distinct from 'IN_PROGRESS') as waits_at,
    (select coalesce(sum(s.until - s.at), interval '0') from step s
      where s.referral_id = r.id and s.to_status = 'ON_HOLD' and s.next = 'IN_PROGRESS') as held_for
  from referral r where r.accepted_at is not null
)
insert into referral_clock (referral_id, phase, owner_id, started_at, due_at, paused_at, stopped_at)
  select id, 'FIRST_CONTACT', receiver_id, accepted_at,
    accepted_at + case urgency when 'EMERGENCY' then interval '24 hours' when 'URGENT' then interval '72 hours' else interval '336 hours' end,
    case when contact_at is null or held_at < contact_at then held_at end, coalesce(contact_at, over_at)
  from worked
  union all
  select id, 'COMPLETE', receiver_id, accepted_at,
    accepted_at + held_for + case urgency when 'EMERGENCY' then interval '168 hours' when 'URGENT' then interval '720 hours' else interval '2160 hours' end,
    waits_at, over_at
  from worked;

-- A breach is published once, and what has stopped does not run again: whatever the program believes.
create trigger referral_clock_that_has_stopped_stays_as_it_is before update on referral_clock for each row
  when (old.stopped_at is not null and new is distinct from old)
  execute function mistok.refuse('a clock that has stopped stays as it is');
create trigger referral_clock_is_breached_once before update on referral_clock for each row
  when (old.breached_at is not null and new.breached_at is distinct from old.breached_at)
  execute function mistok.refuse('a breach is published once');

alter table referral_clock enable row level security;
alter table referral_clock force row level security;
create policy keeper on referral_clock to mistok_owner using (true) with check (true);
-- Seen by whoever sees the referral; a draft has no clocks (see `started`), and is not the receiver's to see.
create policy seen on referral_clock for select to mistok_app using (exists (select from referral r where r.id = referral_clock.referral_id));
-- Both parties move the receiver's clocks: the sender by sending and cancelling.
create policy started on referral_clock for insert to mistok_app with check (exists (
  select from referral r where r.id = referral_clock.referral_id and r.receiver_id = referral_clock.owner_id and r.sent_at is not null
    and (select mistok.current_org()) in (r.sender_id, r.receiver_id)));
create policy moved on referral_clock for update to mistok_app
  using (exists (select from referral r where r.id = referral_clock.referral_id and (select mistok.current_org()) in (r.sender_id, r.receiver_id)))
  with check (exists (select from referral r where r.id = referral_clock.referral_id and (select mistok.current_org()) in (r.sender_id, r.receiver_id)));
create policy late on referral_clock for select to mistok_app using ((select mistok.current_errand()) = 'expiry');
create policy told on referral_clock for update to mistok_app
  using ((select mistok.current_errand()) = 'expiry') with check ((select mistok.current_errand()) = 'expiry');
grant select, insert on referral_clock to mistok_app;
grant update (due_at, paused_at, stopped_at, breached_at) on referral_clock to mistok_app;
