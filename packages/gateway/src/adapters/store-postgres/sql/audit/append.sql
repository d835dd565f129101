INSERT INTO audit (at, actor, actor_kind, actor_id, action, target, refused)
VALUES ($1, $2, $3, $4, $5, $6, $7)
