drop table consent, plan_goal, assessment, case_event, "case", person_lookup, sealed, vault.person_key, person;
drop schema vault;
