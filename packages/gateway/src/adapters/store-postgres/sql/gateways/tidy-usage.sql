WITH gone AS (
  DELETE FROM usage u WHERE writer <> '${NOBODY}' AND NOT EXISTS (SELECT FROM writers w WHERE w.id = u.writer)
  RETURNING owner, live
)
INSERT INTO usage AS u (owner, writer, live) SELECT owner, '${NOBODY}', sum(live) FROM gone GROUP BY owner
ON CONFLICT (owner, writer) DO UPDATE SET live = u.live + excluded.live
