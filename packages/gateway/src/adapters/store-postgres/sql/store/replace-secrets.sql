UPDATE ${TABLE} SET ${SECRET} = r.secret FROM unnest($1::text[], $2::text[]) AS r (key, secret)
WHERE ${KEY}::text = r.key
