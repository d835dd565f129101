ALTER TABLE audit ADD COLUMN actor_kind text;
ALTER TABLE audit ADD COLUMN actor_id text;
