SELECT greatest(reltuples, 0)::bigint AS sessions FROM pg_class WHERE oid = 'sessions'::regclass
