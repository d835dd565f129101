INSERT INTO settings (name, value) VALUES ('last-ping', now_ms_1()::text)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
