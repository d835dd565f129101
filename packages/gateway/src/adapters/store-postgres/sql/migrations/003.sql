-- Pieces of an import, within the transaction that puts it.
CREATE UNLOGGED TABLE incoming_devices (
  id uuid NOT NULL,
  position int NOT NULL,
  devices json NOT NULL,
  addresses json NOT NULL,
  PRIMARY KEY (id, position)
);

CREATE FUNCTION put_incoming_devices_1(p_id uuid) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v_taken json;
BEGIN
  v_taken := put_devices_1(
    (SELECT coalesce(json_agg(value ORDER BY position, nth), '[]') FROM incoming_devices,
       json_array_elements(devices) WITH ORDINALITY AS one (value, nth) WHERE id = p_id),
    (SELECT coalesce(json_agg(value ORDER BY position, nth), '[]') FROM incoming_devices,
       json_array_elements(addresses) WITH ORDINALITY AS one (value, nth) WHERE id = p_id));
  DELETE FROM incoming_devices WHERE id = p_id;
  RETURN v_taken;
END $$;
