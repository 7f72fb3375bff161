drop function mistok.reads_of(uuid);
