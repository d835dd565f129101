SELECT ${KEY}::text AS key, ${SECRET} AS secret FROM ${TABLE}
WHERE ${WHERE} AND left(${SECRET}, length($1)) <> $1 LIMIT ${BATCH} FOR UPDATE
