DELETE FROM remote_reservations WHERE (network, id) IN (
  SELECT network, id FROM remote_reservations WHERE NOT holds AND kept_until <= $1 LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
) RETURNING 1
