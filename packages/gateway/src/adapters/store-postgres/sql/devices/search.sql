${RECORDS}
WHERE d.id > $1 AND NOT EXISTS (
  SELECT 1 FROM unnest($3::text[]) AS word WHERE position(word IN lower(concat_ws(' ', d.id,
    CASE WHEN $4::boolean THEN concat_ws(' ', d.phone_number, d.nai_as_given, d.supi, (
      SELECT string_agg(concat_ws(' ', address, public_address), ' ') FROM device_addresses WHERE device = d.id
    )) END
  ))) = 0
) ORDER BY d.id LIMIT $2
