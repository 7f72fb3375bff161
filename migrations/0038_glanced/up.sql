-- What was there before 0037 gets its glance, some at a time: nobody who takes a step meanwhile waits for all of it. Begun again it goes on.
do $$
declare
  ids uuid[];
  last uuid := '00000000-0000-0000-0000-000000000000';
begin
  loop
    select array_agg(few.id order by few.id) into ids from (select id from referral where id > last order by id limit 1000) few;
    exit when ids is null;
    update referral_party p set territory_code = r.territory_code, status_reason = r.status_reason, created_at = r.created_at, sent_at = r.sent_at,
        respond_by = r.respond_by, version = r.version
      from referral r where r.id = any(ids) and p.referral_id = r.id and p.version is null;
    commit;
    last := ids[cardinality(ids)];
  end loop;
  alter table referral_party alter territory_code set not null, alter created_at set not null, alter version set not null;
end $$;
