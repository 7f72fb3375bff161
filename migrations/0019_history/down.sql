drop function mistok.shared_services(uuid[]);
