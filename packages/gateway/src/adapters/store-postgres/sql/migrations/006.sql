-- Assignments stand among the sessions, and are told from them by their ids: UUIDs of version 8.
CREATE INDEX sessions_assignments ON sessions (id) WHERE substr(id::text, 15, 1) = '8';
