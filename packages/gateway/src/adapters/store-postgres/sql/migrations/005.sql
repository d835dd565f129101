ALTER TABLE devices ADD COLUMN supi text;

-- Adds devices or replaces them, all or none: then it returns whose name which of them cannot have.
CREATE FUNCTION put_devices_2(p_devices json, p_addresses json) RETURNS json LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_devices devices[] := ARRAY(SELECT d FROM json_populate_recordset(NULL::devices, p_devices) d);
  v_ids text[] := ARRAY(SELECT id FROM unnest(v_devices));
  v_taken json;
BEGIN
  PERFORM pg_advisory_xact_lock(${DEVICES_LOCK});
  WITH names AS (
    SELECT nth, id, kind, name, row_number() OVER (PARTITION BY kind, name ORDER BY nth) AS claim
    FROM unnest(v_devices) WITH ORDINALITY AS w (id, phone_number, nai, nai_as_given, services, profiles, supi, nth)
    CROSS JOIN LATERAL (
      VALUES ('phoneNumber', phone_number), ('networkAccessIdentifier', nai)
    ) AS named (kind, name) WHERE name IS NOT NULL
  )
  SELECT json_build_object('kind', n.kind, 'wanted', n.id) INTO v_taken FROM names n
    LEFT JOIN devices p ON n.kind = 'phoneNumber' AND p.phone_number = n.name
    LEFT JOIN devices i ON n.kind = 'networkAccessIdentifier' AND i.nai = n.name
    LEFT JOIN unnest(v_ids) AS own (id) ON own.id = coalesce(p.id, i.id)
    WHERE n.claim > 1 OR (coalesce(p.id, i.id) IS NOT NULL AND own.id IS NULL)
    ORDER BY n.nth, n.kind DESC LIMIT 1;
  IF v_taken IS NOT NULL THEN RETURN v_taken; END IF;
  -- Names are given back first, so that devices can swap them.
  DELETE FROM devices WHERE id = ANY (v_ids);
  INSERT INTO devices SELECT * FROM unnest(v_devices);
  PERFORM put_addresses_1(v_ids, ARRAY(SELECT a FROM json_populate_recordset(NULL::device_addresses, p_addresses) a));
  RETURN NULL;
END $$;

CREATE FUNCTION put_incoming_devices_2(p_id uuid) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v_taken json;
BEGIN
  v_taken := put_devices_2(
    (SELECT coalesce(json_agg(value ORDER BY position, nth), '[]') FROM incoming_devices,
       json_array_elements(devices) WITH ORDINALITY AS one (value, nth) WHERE id = p_id),
    (SELECT coalesce(json_agg(value ORDER BY position, nth), '[]') FROM incoming_devices,
       json_array_elements(addresses) WITH ORDINALITY AS one (value, nth) WHERE id = p_id));
  DELETE FROM incoming_devices WHERE id = p_id;
  RETURN v_taken;
END $$;
