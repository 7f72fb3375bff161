drop function mistok.login(text);
drop table application;
drop function mistok.has_application(uuid);
