SELECT id FROM sessions WHERE network = $1 AND live AND id > coalesce($2::uuid, '${NIL}') ORDER BY id LIMIT $3
