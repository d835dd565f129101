UPDATE users SET role = coalesce($2, role), password_hash = coalesce($3, password_hash),
  last_sign_in_at = coalesce($4, last_sign_in_at) WHERE id = $1 RETURNING id
