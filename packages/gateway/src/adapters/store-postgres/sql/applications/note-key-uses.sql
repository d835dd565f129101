WITH noted AS MATERIALIZED (
  SELECT k.prefix, u.at FROM unnest($1::text[], $2::bigint[]) AS u (prefix, at)
  JOIN application_keys k ON k.prefix = u.prefix ORDER BY k.prefix FOR UPDATE OF k
)
UPDATE application_keys k SET last_used_at = greatest(k.last_used_at, n.at)
FROM (SELECT prefix, max(at) AS at FROM noted GROUP BY prefix) AS n WHERE k.prefix = n.prefix
