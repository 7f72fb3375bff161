-- As they were.
do $do$
declare
  list constant text := $$'{([\w:]+(?:,[\w:]+)*)}'::text\[\]$$;
  in_use constant boolean := exists (select from organization);
  of_table record;
begin
  for of_table in
    select c.conrelid::regclass as name, string_agg(format('drop constraint %1$I, add constraint %1$I %2$s', c.conname, said.anew), ', ') as change
    from pg_constraint c cross join lateral (
      with recursive said (anew) as (
        select replace(pg_get_constraintdef(c.oid), ' NOT VALID', '')
        union all
        select regexp_replace(anew, list, 'ARRAY[''' || replace(substring(anew from list), ',', '''::text, ''') || '''::text]') from said where anew ~ list
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
end $do$;
