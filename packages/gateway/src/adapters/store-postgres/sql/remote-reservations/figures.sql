SELECT (SELECT count(*) FROM remote_reservations WHERE network = $1 AND holds)::int AS held,
  (SELECT coalesce(sum(orphans), 0) FROM remote_reservations WHERE network = $1 AND orphans > 0)::int AS orphans
