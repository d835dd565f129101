${INSERT} DO UPDATE SET body = excluded.body, lot = excluded.lot, expires_at = excluded.expires_at
