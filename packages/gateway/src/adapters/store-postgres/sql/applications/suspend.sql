UPDATE applications SET suspended_at = $2 WHERE id = $1 RETURNING id
