WITH RECURSIVE lengths (length) AS (
  SELECT max(prefix_length) FROM device_addresses WHERE family = 'ipv6'
  UNION ALL
  SELECT (SELECT max(prefix_length) FROM device_addresses
          WHERE family = 'ipv6' AND prefix_length < lengths.length)
  FROM lengths WHERE lengths.length IS NOT NULL
)
SELECT length FROM lengths WHERE length IS NOT NULL
