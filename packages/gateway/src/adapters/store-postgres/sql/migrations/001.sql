-- body is the session as JSON; the other columns are what is searched for, and follow from it. None of those that an
-- update changes is indexed: new versions of a row find room on its page, and no index hears of them.
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  version int NOT NULL,
  owner text COLLATE "C" NOT NULL,
  device text COLLATE "C" NOT NULL,
  network text COLLATE "C" NOT NULL,
  live boolean NOT NULL,
  -- Whether it may stand in the way of another session of its device. Once it does not, it never will again.
  obstacle boolean NOT NULL,
  body text NOT NULL
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE INDEX sessions_device ON sessions (device);
CREATE INDEX sessions_owner ON sessions (owner, id);

-- When a session wants to be looked at. Narrow, for it is written with every change. attempts counts the claims since
-- it was set; a claim ends at claimed_until, or when its gateway dies; claim is its
-- number among those of the gateway.
CREATE TABLE timers (
  session uuid PRIMARY KEY,
  wake_at bigint NOT NULL,
  claimed_by uuid,
  claimed_until bigint,
  claim int,
  attempts int NOT NULL DEFAULT 0
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX timers_wake ON timers (wake_at);

-- What the network has still to be told, at most one wish a session: a later wish takes the place of an earlier one.
CREATE TABLE network_tasks (
  session uuid PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  version int NOT NULL,
  network text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  claimed_by uuid,
  claimed_until bigint,
  claim int,
  attempts int NOT NULL DEFAULT 0
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX network_tasks_order ON network_tasks (network, seq);

-- Every status change. delivery: none (no sink), waiting, delivered, dead, stopped (the sink answered 410). Of a
-- session's events that wait only the first one has a next_attempt_at: the others stand behind it. attempts and
-- first_attempt_at count from when it was last put in line; log holds all attempts.
CREATE TABLE events (
  session uuid NOT NULL,
  ordinal int NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  owner text COLLATE "C" NOT NULL,
  subject text,
  at bigint NOT NULL,
  status text NOT NULL,
  status_info text,
  delivery text NOT NULL,
  queue text COLLATE "C",
  next_attempt_at bigint,
  claimed_by uuid,
  claimed_until bigint,
  claim int,
  attempts int NOT NULL DEFAULT 0,
  first_attempt_at bigint,
  reason text,
  log jsonb,
  PRIMARY KEY (session, ordinal)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
-- By queue: what is due for a host that can take no more is not even looked at.
CREATE INDEX events_due ON events (queue, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
-- Followed by their application.
CREATE INDEX events_owner ON events (owner, seq);
CREATE INDEX events_dead ON events (seq) WHERE delivery = 'dead';
-- They stand nearly in the order of their moments: a few pages of this index tell where the old ones are.
CREATE INDEX events_age ON events USING brin (at) WITH (pages_per_range = 32);

-- Where the events of one session go. credential is a ciphertext; dialect is null for events of quality-on-demand 1.x. Whoever changes what is in line for a session holds
-- its row here.
CREATE TABLE sinks (
  session uuid PRIMARY KEY,
  url text NOT NULL,
  queue text COLLATE "C" NOT NULL,
  credential_type text,
  credential text,
  credential_expires_at bigint,
  correlator text,
  dialect text,
  stopped boolean NOT NULL DEFAULT false
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX sinks_credential_expiry ON sinks (credential_expires_at) WHERE credential IS NOT NULL;

CREATE TABLE idempotency (
  key text COLLATE "C" PRIMARY KEY,
  body text NOT NULL,
  session uuid NOT NULL,
  created_at bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX idempotency_age ON idempotency USING brin (created_at) WITH (pages_per_range = 32);

-- How many live sessions each application has: the sum of what each writer has added and taken away, so that no two
-- gateways wait for one counter.
CREATE TABLE usage (
  owner text COLLATE "C" NOT NULL,
  writer uuid NOT NULL,
  live bigint NOT NULL,
  PRIMARY KEY (owner, writer)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

-- limits are OwnLimits as JSON.
CREATE TABLE applications (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  created_at bigint NOT NULL,
  suspended_at bigint,
  limits text
);
-- client is an OAuthClient as JSON.
CREATE TABLE application_keys (
  prefix text COLLATE "C" PRIMARY KEY,
  application text COLLATE "C" NOT NULL REFERENCES applications,
  hash text NOT NULL,
  name text,
  scopes text,
  compatibility text NOT NULL,
  client text,
  created_at bigint NOT NULL,
  expires_at bigint,
  revoked_at bigint,
  last_used_at bigint
);
CREATE INDEX application_keys_application ON application_keys (application);

-- What was granted for a time; a group is called a lot: GROUP is a word of SQL. body is a ciphertext.
CREATE TABLE grants (id text COLLATE "C" PRIMARY KEY, body text NOT NULL, lot text COLLATE "C", expires_at bigint);
CREATE INDEX grants_lot ON grants (lot) WHERE lot IS NOT NULL;
CREATE INDEX grants_expiry ON grants (expires_at) WHERE expires_at IS NOT NULL;

-- How events of an application prove where they come from. body is a TokenClient as JSON, secret a ciphertext.
CREATE TABLE token_clients (application text COLLATE "C" PRIMARY KEY REFERENCES applications, body text NOT NULL);
CREATE TABLE signing_secrets (
  application text COLLATE "C" NOT NULL REFERENCES applications,
  id text COLLATE "C" NOT NULL,
  secret text NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (application, id)
);

-- services and profiles are JSON arrays of names.
CREATE TABLE devices (
  id text COLLATE "C" PRIMARY KEY,
  phone_number text COLLATE "C" UNIQUE,
  nai text COLLATE "C" UNIQUE,
  nai_as_given text,
  services text,
  profiles text
);
CREATE TABLE device_addresses (
  address text COLLATE "C" PRIMARY KEY,
  device text COLLATE "C" NOT NULL,
  family text NOT NULL,
  prefix_length int NOT NULL,
  public_address text COLLATE "C",
  public_from int,
  public_to int,
  source text NOT NULL,
  expires_at bigint,
  position int NOT NULL
);
-- Which lengths of prefix there are.
CREATE INDEX device_addresses_ipv6 ON device_addresses (prefix_length) WHERE family = 'ipv6';
CREATE INDEX device_addresses_device ON device_addresses (device);
CREATE INDEX device_addresses_end ON device_addresses (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX device_addresses_public ON device_addresses (public_address) WHERE public_address IS NOT NULL;

-- Devices whose addresses are not what they were, and whose sessions have still to follow. times is higher with every
-- time, of all devices: several gateways see to it, and what one has settled may be another's news.
CREATE SEQUENCE moves;
CREATE TABLE moved_devices (
  device text COLLATE "C" PRIMARY KEY,
  times bigint NOT NULL
);

-- before and after are what was changed, as JSON.
CREATE TABLE changes (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at bigint NOT NULL,
  by text NOT NULL,
  kind text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  before text,
  after text
);
CREATE INDEX changes_name ON changes (kind, name, number);

CREATE TABLE profiles (name text COLLATE "C" PRIMARY KEY, body text NOT NULL);

-- People who sign in. Tokens of invitations and of browsers are kept as hashes.
CREATE TABLE users (
  id text COLLATE "C" PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  role text NOT NULL,
  password_hash text,
  subject text COLLATE "C" UNIQUE,
  created_at bigint NOT NULL,
  last_sign_in_at bigint
);
CREATE UNIQUE INDEX users_name ON users (lower(name));
CREATE TABLE invitations (
  hash text COLLATE "C" PRIMARY KEY,
  role text NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL
);
CREATE TABLE sign_ins (
  hash text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL
);
CREATE INDEX sign_ins_user ON sign_ins (user_id);

CREATE TABLE audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at bigint NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  target text,
  refused text
);
CREATE INDEX audit_at ON audit (at);

CREATE TABLE settings (name text COLLATE "C" PRIMARY KEY, value text NOT NULL);

-- Notes that the addresses of these devices change in this transaction. Sessions of theirs that are being created come
-- first, and follow with the others: those that come later see it. Many devices are not locked one by one: there is
-- only so much room for locks.
CREATE FUNCTION note_moved_1(p_devices text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(p_devices) > 100 THEN
    PERFORM pg_advisory_xact_lock(${MOVES_LOCK});
  ELSE
    PERFORM pg_advisory_xact_lock(subject) FROM (
      SELECT DISTINCT hashtextextended('device ' || device, 0) AS subject FROM unnest(p_devices) AS device ORDER BY 1
    ) AS ordered;
  END IF;
  INSERT INTO moved_devices (device, times) SELECT device, nextval('moves') FROM unnest(p_devices) AS device
    ON CONFLICT (device) DO UPDATE SET times = excluded.times;
END $$;

-- Gives addresses (position counts those of one device) to devices, which have no others then. Of two devices that want
-- one address the last has it. One writer of devices at a time: they are written seldom.
CREATE FUNCTION put_addresses_1(p_devices text[], p_addresses device_addresses[]) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_wanted device_addresses[] := ARRAY(
    SELECT DISTINCT ON (address) (address, device, family, prefix_length, public_address, public_from, public_to,
      source, expires_at, position)::device_addresses
    FROM unnest(p_addresses) WITH ORDINALITY AS w (address, device, family, prefix_length, public_address,
      public_from, public_to, source, expires_at, position, nth)
    ORDER BY address, nth DESC);
BEGIN
  PERFORM pg_advisory_xact_lock(${DEVICES_LOCK});
  PERFORM note_moved_1(ARRAY(
    -- It had an address, and has it no longer; it has one that it had not; or another one has it now.
    SELECT a.device FROM device_addresses a WHERE a.device = ANY (p_devices)
      AND NOT EXISTS (SELECT FROM unnest(v_wanted) w WHERE w.address = a.address AND w.device = a.device)
    UNION
    SELECT w.device FROM unnest(v_wanted) w WHERE NOT EXISTS (
      SELECT FROM device_addresses a WHERE a.address = w.address AND a.device = w.device)
    UNION
    SELECT a.device FROM unnest(v_wanted) w JOIN device_addresses a ON a.address = w.address
      WHERE a.device <> w.device));
  DELETE FROM device_addresses WHERE device = ANY (p_devices);
  DELETE FROM device_addresses WHERE address IN (SELECT address FROM unnest(v_wanted));
  INSERT INTO device_addresses SELECT * FROM unnest(v_wanted);
END $$;

CREATE FUNCTION expire_addresses_1(p_now bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(${DEVICES_LOCK});
  PERFORM note_moved_1(ARRAY(SELECT DISTINCT device FROM device_addresses WHERE expires_at <= p_now));
  DELETE FROM device_addresses WHERE expires_at <= p_now;
END $$;

-- Adds devices or replaces them, all or none: then it returns whose name which of them cannot have.
CREATE FUNCTION put_devices_1(p_devices json, p_addresses json) RETURNS json LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_devices devices[] := ARRAY(SELECT d FROM json_populate_recordset(NULL::devices, p_devices) d);
  v_ids text[] := ARRAY(SELECT id FROM unnest(v_devices));
  v_taken json;
BEGIN
  PERFORM pg_advisory_xact_lock(${DEVICES_LOCK});
  WITH names AS (
    SELECT nth, id, kind, name, row_number() OVER (PARTITION BY kind, name ORDER BY nth) AS claim
    FROM unnest(v_devices) WITH ORDINALITY AS w (id, phone_number, nai, nai_as_given, services, profiles, nth)
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

-- A device has these addresses by the word of a source, before those of other sources that have not expired.
CREATE FUNCTION bind_device_1(p_id text, p_source text, p_addresses json, p_now bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_named device_addresses[];
  v_others device_addresses[];
BEGIN
  PERFORM pg_advisory_xact_lock(${DEVICES_LOCK});
  IF NOT EXISTS (SELECT FROM devices WHERE id = p_id) THEN RETURN false; END IF;
  v_named := ARRAY(SELECT a FROM json_populate_recordset(NULL::device_addresses, p_addresses) a);
  v_others := ARRAY(
    SELECT (address, device, family, prefix_length, public_address, public_from, public_to, source, expires_at,
      cardinality(v_named) + row_number() OVER (ORDER BY position) - 1)::device_addresses
    FROM device_addresses
    WHERE device = p_id AND source <> p_source AND (expires_at IS NULL OR expires_at > p_now)
      AND address NOT IN (SELECT address FROM unnest(v_named)) ORDER BY position);
  PERFORM put_addresses_1(ARRAY[p_id], v_named || v_others);
  RETURN true;
END $$;

-- Gateways that are alive, by their own word: each renews its row, and nobody else's. reaches: the networks it can
-- drive.
CREATE TABLE gateways (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  version text NOT NULL,
  reaches text[] NOT NULL,
  alive_until bigint NOT NULL
) WITH (fillfactor = 20);
CREATE FUNCTION now_ms_1() RETURNS bigint LANGUAGE sql VOLATILE AS
  'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

-- Who drives a network, and until when unless it is renewed.
CREATE TABLE network_leases (
  network text COLLATE "C" PRIMARY KEY,
  holder uuid NOT NULL,
  until bigint NOT NULL
) WITH (fillfactor = 20);

-- A gateway says that it is alive, and takes the networks that it reaches and nobody holds, or that are its own.
CREATE FUNCTION beat_1(
  p_id uuid, p_name text, p_version text, p_networks text[], p_ms int,
  OUT now bigint, OUT alive uuid[], OUT held text[]
) LANGUAGE plpgsql AS $$
BEGIN
  now := now_ms_1();
  INSERT INTO gateways (id, name, version, reaches, alive_until)
    VALUES (p_id, p_name, p_version, p_networks, now + p_ms)
    ON CONFLICT (id) DO UPDATE SET reaches = excluded.reaches, alive_until = excluded.alive_until;
  WITH taken AS (
    INSERT INTO network_leases AS l (network, holder, until)
    SELECT network, p_id, now + p_ms FROM unnest(p_networks) AS network ORDER BY network
    ON CONFLICT (network) DO UPDATE SET holder = excluded.holder, until = excluded.until
      WHERE l.holder = excluded.holder OR l.until <= now
    RETURNING network
  )
  SELECT array_agg(network) INTO held FROM taken;
  alive := ARRAY(SELECT id FROM gateways WHERE alive_until > now);
  now := now_ms_1();
END $$;

-- The last batch that each writer has committed, and what came of it: a writer whose connection broke in the middle
-- of a commit asks again, and is told instead of guessing. Every writer has a row of its own.
CREATE TABLE writers (
  id uuid PRIMARY KEY,
  batch bigint NOT NULL,
  outcome json,
  at timestamptz NOT NULL
) WITH (fillfactor = 20);

-- What came of a batch, if it is known; otherwise nothing, and nobody else can be at it until this transaction ends.
CREATE FUNCTION outcome_of_1(p_writer uuid, p_batch bigint) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  v writers;
BEGIN
  SELECT * INTO v FROM writers WHERE id = p_writer FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO writers (id, batch, at) VALUES (p_writer, 0, now()) ON CONFLICT DO NOTHING;
    SELECT * INTO v FROM writers WHERE id = p_writer FOR UPDATE;
  END IF;
  RETURN CASE WHEN v.batch >= p_batch THEN coalesce(v.outcome, '{}') END;
END $$;

-- Events are numbered before they are committed, and committed in another order. Whoever numbers some shows, for as long
-- as its transaction lasts, the last number that was given before: all that it gives are higher. The lock holds 31 bits
-- of it; nothing is two thousand million events under way.
CREATE FUNCTION last_event_1() RETURNS bigint LANGUAGE sql VOLATILE AS
  'SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_seq_seq';
CREATE FUNCTION begin_events_1() RETURNS void LANGUAGE sql VOLATILE AS
  'SELECT pg_advisory_xact_lock_shared(${EVENTS_LOCK}, (last_event_1() & 2147483647)::int)';

-- Up to which number all events there will ever be are committed.
CREATE FUNCTION settled_events_1() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_last bigint := last_event_1();
BEGIN
  RETURN v_last - coalesce((
    SELECT max((v_last - objid::bigint) & 2147483647) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = ${EVENTS_LOCK} AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  ), 0);
END $$;

CREATE TYPE creation_1 AS (
  i int, id uuid, owner text, device text, network text, live boolean, obstacle boolean, wake_at bigint, body text,
  -- Obstacles of the device that were looked at and are none to this session.
  known uuid[],
  -- Addresses that its device must still have.
  bound text[],
  -- The most live sessions of its application and of its device, this one included.
  quota_application bigint, quota_device bigint,
  task text, key text, key_body text, created_at bigint,
  url text, queue text, credential_type text, credential text, credential_expires_at bigint, correlator text,
  dialect text
);
-- Without a body the session is forgotten.
CREATE TYPE change_1 AS (
  i int, id uuid, based_on int, live boolean, obstacle boolean, wake_at bigint, body text, settles int, task text
);
CREATE TYPE event_1 AS (
  i int, id uuid, ordinal int, owner text, subject text, at bigint, status text, status_info text
);

-- Locks what decides whether an application with a quota may have more sessions, until this transaction ends. While
-- there is room for a full batch of every gateway, all of them may add at the same time: none can exceed the quota
-- before its next look at what the others have committed. Near the quota one after the other does.
CREATE FUNCTION lock_quotas_1(p_creations creation_1[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_room bigint := 256 * greatest(1, (SELECT count(*) FROM gateways WHERE alive_until > now_ms_1() - 60000));
  v_owner text;
  v_quota bigint;
BEGIN
  FOR v_owner, v_quota IN
    SELECT owner, min(quota_application) FROM unnest(p_creations) WHERE quota_application IS NOT NULL
    GROUP BY owner ORDER BY owner
  LOOP
    IF (SELECT coalesce(sum(live), 0) FROM usage WHERE owner = v_owner) + v_room <= v_quota THEN
      PERFORM pg_advisory_xact_lock_shared(hashtextextended('owner ' || v_owner, 0));
      CONTINUE WHEN (SELECT coalesce(sum(live), 0) FROM usage WHERE owner = v_owner) + v_room <= v_quota;
      -- To wait for the others while they wait for us would be to wait for ever: ask again, one after the other.
      RAISE EXCEPTION 'the quota of an application is nearly used up' USING ERRCODE = 'serialization_failure';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('owner ' || v_owner, 0));
  END LOOP;
END $$;

-- Commits what can be committed. No two of p_creations are of one device or key, no two of p_changes of one session.
-- Locks are taken in one order by everybody: devices and keys by their hash, moves, applications by their id, sessions by
-- their id, sinks by session. Returns which were refused, by i (known: their key, moved: their address, taken: their
-- flow, full: the quota of their application, crowded: that of their device, stale), and the queues with something due.
CREATE FUNCTION commit_sessions_1(p_writer uuid, p_batch bigint, p_creations json, p_changes json, p_events json)
RETURNS json LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_outcome json := outcome_of_1(p_writer, p_batch);
  v_creations creation_1[];
  v_changes change_1[];
  v_events event_1[];
  v_known int[] := '{}';
  v_taken int[] := '{}';
  v_stale int[] := '{}';
  v_moved int[] := '{}';
  v_full int[] := '{}';
  v_crowded int[] := '{}';
  v_refused int[] := '{}';
  v_done int[];
  v_due json;
BEGIN
  IF v_outcome IS NOT NULL THEN RETURN v_outcome; END IF;
  v_events := ARRAY(SELECT e FROM json_populate_recordset(NULL::event_1, p_events) e);

  IF json_array_length(p_creations) > 0 THEN
    v_creations := ARRAY(SELECT c FROM json_populate_recordset(NULL::creation_1, p_creations) c);
    PERFORM pg_advisory_xact_lock(subject) FROM (
      SELECT DISTINCT hashtextextended(subject, 0) AS subject FROM (
        SELECT 'device ' || device AS subject FROM unnest(v_creations)
        UNION ALL
        SELECT 'key ' || key FROM unnest(v_creations) WHERE key IS NOT NULL
      ) AS subjects ORDER BY 1
    ) AS ordered;
    IF EXISTS (SELECT FROM unnest(v_creations) WHERE bound IS NOT NULL) THEN
      PERFORM pg_advisory_xact_lock_shared(${MOVES_LOCK});
    END IF;
    PERFORM lock_quotas_1(v_creations);
  END IF;

  IF json_array_length(p_changes) > 0 THEN
    v_changes := ARRAY(SELECT c FROM json_populate_recordset(NULL::change_1, p_changes) c);
    PERFORM 1 FROM sessions WHERE id IN (SELECT id FROM unnest(v_changes)) ORDER BY id FOR UPDATE;
    -- Nothing that has ended ever begins again.
    INSERT INTO usage AS u (owner, writer, live)
      SELECT s.owner, p_writer, -count(*) FROM unnest(v_changes) c JOIN sessions s ON s.id = c.id
      WHERE s.version = c.based_on AND s.live AND NOT coalesce(c.live, false) GROUP BY s.owner
      ON CONFLICT (owner, writer) DO UPDATE SET live = u.live + excluded.live;
    WITH forgotten AS (
      DELETE FROM sessions s USING unnest(v_changes) c
      WHERE s.id = c.id AND s.version = c.based_on AND c.body IS NULL RETURNING c.i
    ), changed AS (
      UPDATE sessions s SET version = c.based_on + 1, live = c.live, obstacle = c.obstacle, body = c.body
      FROM unnest(v_changes) c WHERE s.id = c.id AND s.version = c.based_on AND c.body IS NOT NULL RETURNING c.i
    )
    SELECT coalesce(array_agg(i), '{}') INTO v_done
    FROM (SELECT i FROM forgotten UNION ALL SELECT i FROM changed) AS done;
    IF cardinality(v_done) < cardinality(v_changes) THEN
      v_stale := ARRAY(SELECT i FROM unnest(v_changes) WHERE i <> ALL (v_done));
      v_changes := ARRAY(SELECT c FROM unnest(v_changes) c WHERE i = ANY (v_done));
    END IF;
    DELETE FROM timers t USING unnest(v_changes) c WHERE t.session = c.id AND c.wake_at IS NULL;
    INSERT INTO timers (session, wake_at) SELECT id, wake_at FROM unnest(v_changes) WHERE wake_at IS NOT NULL
      ON CONFLICT (session) DO UPDATE
      SET wake_at = excluded.wake_at, claimed_by = NULL, claimed_until = NULL, claim = NULL, attempts = 0;
    -- A later wish takes the place of an earlier one; of a session that is forgotten nobody wishes anything.
    DELETE FROM network_tasks t USING unnest(v_changes) c
      WHERE t.session = c.id
        AND t.version <= CASE WHEN c.task IS NOT NULL OR c.body IS NULL THEN c.based_on + 1 ELSE c.settles END;
    INSERT INTO network_tasks (session, version, network, kind)
      SELECT c.id, c.based_on + 1, s.network, c.task FROM unnest(v_changes) c JOIN sessions s ON s.id = c.id
      WHERE c.task IS NOT NULL AND c.body IS NOT NULL ORDER BY c.i;
  END IF;

  IF json_array_length(p_creations) > 0 THEN
    -- That it is a repeat counts for more than that it stands in its own way.
    v_known := ARRAY(SELECT c.i FROM unnest(v_creations) c JOIN idempotency k ON k.key = c.key);
    v_moved := ARRAY(
      SELECT c.i FROM unnest(v_creations) c
      WHERE c.bound IS NOT NULL AND c.i <> ALL (v_known) AND cardinality(c.bound) > (
        SELECT count(*) FROM device_addresses a WHERE a.address = ANY (c.bound) AND a.device = c.device));
    v_taken := ARRAY(
      SELECT c.i FROM unnest(v_creations) c
      WHERE c.i <> ALL (v_known || v_moved) AND EXISTS (
        SELECT FROM sessions s WHERE s.device = c.device AND s.obstacle AND s.id <> ALL (c.known)));
    v_crowded := ARRAY(
      SELECT c.i FROM unnest(v_creations) c
      WHERE c.quota_device IS NOT NULL AND c.i <> ALL (v_known || v_moved || v_taken) AND c.quota_device <= (
        SELECT count(*) FROM sessions s WHERE s.device = c.device AND s.live));
    v_full := ARRAY(
      SELECT i FROM (
        SELECT c.i, c.quota_application, row_number() OVER (PARTITION BY c.owner ORDER BY c.i) AS nth, c.owner
        FROM unnest(v_creations) c
        WHERE c.quota_application IS NOT NULL AND c.i <> ALL (v_known || v_moved || v_taken || v_crowded)
      ) AS c
      WHERE c.nth + (SELECT coalesce(sum(u.live), 0) FROM usage u WHERE u.owner = c.owner) > c.quota_application);
    v_refused := v_known || v_moved || v_taken || v_crowded || v_full;
    IF cardinality(v_refused) > 0 THEN
      v_creations := ARRAY(SELECT c FROM unnest(v_creations) c WHERE i <> ALL (v_refused));
    END IF;
    INSERT INTO usage AS u (owner, writer, live)
      SELECT owner, p_writer, count(*) FROM unnest(v_creations) WHERE live GROUP BY owner
      ON CONFLICT (owner, writer) DO UPDATE SET live = u.live + excluded.live;
    INSERT INTO sessions (id, version, owner, device, network, live, obstacle, body)
      SELECT id, 1, owner, device, network, live, obstacle, body FROM unnest(v_creations);
    INSERT INTO timers (session, wake_at) SELECT id, wake_at FROM unnest(v_creations) WHERE wake_at IS NOT NULL;
    INSERT INTO network_tasks (session, version, network, kind)
      SELECT id, 1, network, task FROM unnest(v_creations) WHERE task IS NOT NULL ORDER BY i;
    INSERT INTO idempotency (key, body, session, created_at)
      SELECT key, key_body, id, created_at FROM unnest(v_creations) WHERE key IS NOT NULL;
    INSERT INTO sinks (session, url, queue, credential_type, credential, credential_expires_at, correlator, dialect)
      SELECT id, url, queue, credential_type, credential, credential_expires_at, correlator, dialect
      FROM unnest(v_creations) WHERE url IS NOT NULL;
  END IF;

  v_events := ARRAY(SELECT e FROM unnest(v_events) e WHERE i <> ALL (v_refused || v_stale));
  IF cardinality(v_events) > 0 THEN
    PERFORM begin_events_1();
    PERFORM 1 FROM sinks WHERE session IN (SELECT id FROM unnest(v_events)) ORDER BY session FOR UPDATE;
    WITH added AS (
      INSERT INTO events
        (session, ordinal, owner, subject, at, status, status_info, delivery, queue, next_attempt_at)
      SELECT e.id, e.ordinal, e.owner, e.subject, e.at, e.status, e.status_info,
        CASE WHEN k.session IS NULL THEN 'none' WHEN k.stopped THEN 'stopped' ELSE 'waiting' END, k.queue,
        CASE WHEN NOT k.stopped AND NOT EXISTS (
          SELECT FROM events w WHERE w.session = e.id AND w.delivery = 'waiting') THEN e.at END
      FROM unnest(v_events) e LEFT JOIN sinks k ON k.session = e.id ORDER BY e.i
      RETURNING queue, next_attempt_at
    )
    SELECT json_agg(json_build_array(queue, at)) INTO v_due
    FROM (SELECT queue, min(next_attempt_at) AS at FROM added WHERE next_attempt_at IS NOT NULL GROUP BY queue) AS due;
  END IF;

  IF EXISTS (SELECT FROM unnest(v_changes) WHERE body IS NULL) THEN
    PERFORM 1 FROM sinks WHERE session IN (SELECT id FROM unnest(v_changes) WHERE body IS NULL)
      ORDER BY session FOR UPDATE;
    DELETE FROM sinks k USING unnest(v_changes) c
      WHERE k.session = c.id AND c.body IS NULL AND NOT EXISTS (
        SELECT FROM events WHERE session = k.session AND delivery IN ('waiting', 'dead'));
  END IF;

  v_outcome := json_build_object('known', v_known, 'moved', v_moved, 'taken', v_taken, 'full', v_full,
    'crowded', v_crowded, 'stale', v_stale, 'due', coalesce(v_due, '[]'));
  UPDATE writers SET batch = p_batch, outcome = v_outcome, at = now() WHERE id = p_writer;
  RETURN v_outcome;
END $$;

-- attempts: how many had been made when it was claimed. at: of the attempt. state: what the event becomes.
CREATE TYPE settlement_1 AS (
  i int, session uuid, ordinal int, attempts int, at bigint, state text, next_attempt_at bigint, reason text,
  attempt jsonb, now bigint
);

-- Records attempts to deliver, and what follows from them. No two are of one session. Returns the queues with
-- something due.
CREATE FUNCTION settle_deliveries_1(p_writer uuid, p_batch bigint, p_settlements json)
RETURNS json LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_outcome json := outcome_of_1(p_writer, p_batch);
  v_all settlement_1[];
  v_due json;
BEGIN
  IF v_outcome IS NOT NULL THEN RETURN v_outcome; END IF;
  v_all := ARRAY(SELECT s FROM json_populate_recordset(NULL::settlement_1, p_settlements) s);
  PERFORM 1 FROM sinks WHERE session IN (SELECT session FROM unnest(v_all)) ORDER BY session FOR UPDATE;
  -- Whoever claims after a lease has run out, and records first, is right.
  WITH recorded AS (
    UPDATE events e SET delivery = s.state, next_attempt_at = s.next_attempt_at, claimed_by = NULL,
      claimed_until = NULL, claim = NULL, attempts = e.attempts + 1, first_attempt_at = coalesce(e.first_attempt_at, s.at),
      reason = s.reason,
      log = CASE WHEN jsonb_array_length(e.log) >= 100 THEN e.log - 0 ELSE coalesce(e.log, '[]') END || s.attempt
    FROM unnest(v_all) s
    WHERE e.session = s.session AND e.ordinal = s.ordinal AND e.delivery = 'waiting' AND e.attempts = s.attempts
    RETURNING s.i
  )
  SELECT ARRAY(SELECT s FROM unnest(v_all) s JOIN recorded USING (i)) INTO v_all;

  UPDATE events e SET delivery = 'stopped', next_attempt_at = NULL, reason = s.reason
    FROM unnest(v_all) s WHERE s.state = 'stopped' AND e.session = s.session AND e.delivery = 'waiting';
  UPDATE sinks k SET stopped = true FROM unnest(v_all) s WHERE s.state = 'stopped' AND k.session = s.session;
  UPDATE events e SET next_attempt_at = s.now
    FROM unnest(v_all) s
    WHERE s.state <> 'waiting' AND e.session = s.session AND e.ordinal = (
      SELECT min(ordinal) FROM events w WHERE w.session = s.session AND w.delivery = 'waiting');
  -- Nothing of an ended session waits: its credential is not needed any more; once it is forgotten, nor is its sink.
  -- Not only after the last event: a letter that was dead may be told behind it.
  DELETE FROM sinks k USING unnest(v_all) s
    WHERE s.state <> 'waiting' AND k.session = s.session
      AND NOT EXISTS (SELECT FROM sessions WHERE id = s.session)
      AND NOT EXISTS (SELECT FROM events WHERE session = s.session AND delivery IN ('waiting', 'dead'));
  UPDATE sinks k SET credential = NULL FROM unnest(v_all) s
    WHERE s.state <> 'waiting' AND k.session = s.session AND k.credential IS NOT NULL
      AND EXISTS (SELECT FROM events WHERE session = s.session AND status = 'UNAVAILABLE')
      AND NOT EXISTS (SELECT FROM events WHERE session = s.session AND delivery IN ('waiting', 'dead'));

  SELECT json_agg(json_build_array(queue, at)) INTO v_due FROM (
    SELECT e.queue, min(e.next_attempt_at) AS at FROM unnest(v_all) s JOIN events e ON e.session = s.session
    WHERE e.next_attempt_at IS NOT NULL GROUP BY e.queue
  ) AS due;
  v_outcome := json_build_object('due', coalesce(v_due, '[]'));
  UPDATE writers SET batch = p_batch, outcome = v_outcome, at = now() WHERE id = p_writer;
  RETURN v_outcome;
END $$;
