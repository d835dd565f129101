INSERT INTO token_clients (application, body) VALUES ($1, $2)
ON CONFLICT (application) DO UPDATE SET body = excluded.body
