-- A list of words is one constant. As an array of constants it was read word by word for each statement that writes a row. Table by table, and what is
-- there is looked through while others write: nobody waits for all of it. Begun again it goes on. Where nobody works yet it is one transaction.
do $do$
declare
  list constant text := $$ARRAY\[('[\w:]+'::text(?:, '[\w:]+'::text)*)\]$$;
  in_use constant boolean := exists (select from organization);
  of_table record;
begin
  for of_table in
    select c.conrelid::regclass as name, string_agg(format('drop constraint %1$I, add constraint %1$I %2$s not valid', c.conname, said.anew), ', ') as change
    from pg_constraint c cross join lateral (
      with recursive said (anew) as (
        select pg_get_constraintdef(c.oid)
        union all
        select regexp_replace(anew, list, quote_literal('{' || regexp_replace(substring(anew from list), '''|::text| ', '', 'g') || '}') || '::text[]')
        from said where anew ~ list
      )
      select anew from said where anew !~ list
    ) said
    where c.contype = 'c' and c.conrelid <> 0 and c.conislocal and c.connamespace = 'public'::regnamespace and pg_get_constraintdef(c.oid) ~ list
    group by c.conrelid
  loop
    execute format('alter table %s %s', of_table.name, of_table.change);
    if in_use then
      commit;
    end if;
  end loop;
  for of_table in
    select c.conrelid::regclass as name, string_agg(format('validate constraint %I', c.conname), ', ') as change
    from pg_constraint c
    where c.contype = 'c' and not c.convalidated and c.conislocal and c.connamespace = 'public'::regnamespace
    group by c.conrelid
  loop
    execute format('alter table %s %s', of_table.name, of_table.change);
    if in_use then
      commit;
    end if;
  end loop;
end $do$;
