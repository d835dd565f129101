// The tables, as numbered migrations that only go forward. A migration that has shipped is never edited.

import type { Database } from 'better-sqlite3'

const MIGRATIONS: readonly string[] = [
  /* 1 */ `
  -- body is the session as JSON; the other columns are what is searched for, and follow from it.
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    owner TEXT NOT NULL,
    device TEXT NOT NULL,
    network TEXT NOT NULL,
    live INTEGER NOT NULL,
    wake_at INTEGER,
    body TEXT NOT NULL
  );
  -- Asked by every create (conflicts) and by retrieve-sessions.
  CREATE INDEX sessions_device ON sessions (device);
  -- Ids begin with the time of creation, so this is also newest first.
  CREATE INDEX sessions_owner ON sessions (owner, id);
  -- Compared with what the network holds, again and again: all that is asked for stands in the index.
  CREATE INDEX sessions_live ON sessions (network, id) WHERE live = 1;
  -- The due-next query.
  CREATE INDEX sessions_wake ON sessions (wake_at) WHERE wake_at IS NOT NULL;

  -- What the network has still to be told, at most one wish a session: a later wish takes the place of an earlier one.
  CREATE TABLE network_tasks (
    seq INTEGER PRIMARY KEY,
    session TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    network TEXT NOT NULL,
    kind TEXT NOT NULL
  );

  -- Every status change, in the order of commits. delivery: none (no sink), waiting, delivered, dead, stopped (the sink
  -- answered 410). Of a session's events that wait only the first one has a next_attempt_at: the others stand behind it.
  -- attempts and first_attempt_at count from when it was last put in line; log is a JSON array of all attempts.
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    session TEXT NOT NULL,
    owner TEXT NOT NULL,
    subject TEXT,
    ordinal INTEGER NOT NULL,
    at INTEGER NOT NULL,
    status TEXT NOT NULL,
    status_info TEXT,
    delivery TEXT NOT NULL,
    queue TEXT,
    next_attempt_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    first_attempt_at INTEGER,
    reason TEXT,
    log TEXT,
    UNIQUE (session, ordinal)
  );
  -- By queue: what is due for a host that can take no more is not even looked at.
  CREATE INDEX events_due ON events (queue, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
  -- Followed by their application; a row's place in the table is part of every index.
  CREATE INDEX events_owner ON events (owner);
  CREATE INDEX events_dead ON events (seq) WHERE delivery = 'dead';

  -- Where the events of one session go. credential is a ciphertext; dialect is null for events of quality-on-demand 1.x.
  CREATE TABLE sinks (
    session TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    queue TEXT NOT NULL,
    credential_type TEXT,
    credential TEXT,
    credential_expires_at INTEGER,
    correlator TEXT,
    dialect TEXT,
    stopped INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE INDEX sinks_credential_expiry ON sinks (credential_expires_at) WHERE credential IS NOT NULL;

  CREATE TABLE idempotency (
    key TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    session TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX idempotency_age ON idempotency (created_at);

  -- How many live sessions each application has.
  CREATE TABLE usage (owner TEXT PRIMARY KEY, live INTEGER NOT NULL) WITHOUT ROWID;

  -- limits are OwnLimits as JSON.
  CREATE TABLE applications (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    suspended_at INTEGER,
    limits TEXT
  ) WITHOUT ROWID;
  -- client is an OAuthClient as JSON.
  CREATE TABLE application_keys (
    prefix TEXT PRIMARY KEY,
    application TEXT NOT NULL REFERENCES applications,
    hash TEXT NOT NULL,
    name TEXT,
    scopes TEXT,
    compatibility TEXT NOT NULL,
    client TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    last_used_at INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX application_keys_application ON application_keys (application);

  -- What was granted for a time. body is a ciphertext.
  CREATE TABLE grants (id TEXT PRIMARY KEY, body TEXT NOT NULL, lot TEXT, expires_at INTEGER) WITHOUT ROWID;
  CREATE INDEX grants_lot ON grants (lot) WHERE lot IS NOT NULL;
  CREATE INDEX grants_expiry ON grants (expires_at) WHERE expires_at IS NOT NULL;

  -- How events of an application prove where they come from. body is a TokenClient as JSON, secret a ciphertext.
  CREATE TABLE token_clients (application TEXT PRIMARY KEY REFERENCES applications, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE signing_secrets (
    application TEXT NOT NULL REFERENCES applications,
    id TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (application, id)
  ) WITHOUT ROWID;

  -- services and profiles are JSON arrays of names.
  CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    phone_number TEXT UNIQUE,
    nai TEXT UNIQUE,
    nai_as_given TEXT,
    services TEXT,
    profiles TEXT
  ) WITHOUT ROWID;
  CREATE TABLE device_addresses (
    address TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    family TEXT NOT NULL,
    prefix_length INTEGER NOT NULL,
    public_address TEXT,
    public_from INTEGER,
    public_to INTEGER,
    source TEXT NOT NULL,
    expires_at INTEGER,
    position INTEGER NOT NULL
  ) WITHOUT ROWID;
  -- Which lengths of prefix there are.
  CREATE INDEX device_addresses_ipv6 ON device_addresses (prefix_length) WHERE family = 'ipv6';
  CREATE INDEX device_addresses_device ON device_addresses (device);
  CREATE INDEX device_addresses_public ON device_addresses (public_address) WHERE public_address IS NOT NULL;

  CREATE INDEX device_addresses_end ON device_addresses (expires_at) WHERE expires_at IS NOT NULL;

  -- Devices whose addresses are not what they were, and whose sessions have still to follow.
  CREATE TABLE moved_devices (device TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;

  -- before and after are what was changed, as JSON.
  CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    before TEXT,
    after TEXT
  );
  CREATE INDEX changes_name ON changes (kind, name, number);

  CREATE TABLE profiles (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;

  -- People who sign in. Tokens of invitations and of browsers are kept as hashes.
  CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    role TEXT NOT NULL,
    password_hash TEXT,
    subject TEXT UNIQUE,
    created_at INTEGER NOT NULL,
    last_sign_in_at INTEGER
  ) WITHOUT ROWID;
  CREATE TABLE invitations (
    hash TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE sign_ins (
    hash TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX sign_ins_user ON sign_ins (user);

  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT,
    refused TEXT
  );
  CREATE INDEX audit_at ON audit (at);

  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  ALTER TABLE audit ADD COLUMN actor_kind TEXT;
  ALTER TABLE audit ADD COLUMN actor_id TEXT;
  `,
  `
  -- Devices of an import, in the order of the file, until all of them are among devices.
  CREATE TABLE incoming_devices (position INTEGER PRIMARY KEY, body TEXT NOT NULL);
  `,
  `
  -- What networks behind an API were asked for. body is a RemoteReservation as JSON; the other columns are what is
  -- searched for, and follow from it.
  CREATE TABLE remote_reservations (
    network TEXT NOT NULL,
    id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    holds INTEGER NOT NULL,
    act_at INTEGER,
    orphans INTEGER NOT NULL,
    kept_until INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (network, id)
  );
  CREATE INDEX remote_reservations_holding ON remote_reservations (network, id) WHERE holds = 1;
  CREATE INDEX remote_reservations_act ON remote_reservations (network, act_at) WHERE act_at IS NOT NULL;
  CREATE INDEX remote_reservations_orphans ON remote_reservations (network, orphans) WHERE orphans > 0;
  CREATE INDEX remote_reservations_over ON remote_reservations (kept_until) WHERE holds = 0;

  -- What networks have said, until the gateway that drives them has heard it.
  CREATE TABLE network_callbacks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    network TEXT NOT NULL,
    reservation TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    suffix TEXT NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX network_callbacks_network ON network_callbacks (network, number);
  `,
  `
  ALTER TABLE devices ADD COLUMN supi TEXT;
  `,
  `
  -- Assignments stand among the sessions, and are told from them by their ids: UUIDs of version 8.
  CREATE INDEX sessions_assignments ON sessions (id) WHERE substr(id, 15, 1) = '8';
  `,
]

export const SCHEMA_VERSION = MIGRATIONS.length

const versionOf = (db: Database): number => db.pragma('user_version', { simple: true }) as number

/** @throws {Error} the database was written by a newer version of the gateway */
export function refuseNewer(db: Database): void {
  const found = versionOf(db)
  if (found > SCHEMA_VERSION) {
    throw new Error(
      `${db.name} has schema version ${found}, this gateway supports up to ${SCHEMA_VERSION}: it was written by ` +
        'a newer ' +
        'version of Right of Way. Nothing was changed. Start that version, or restore a backup.',
    )
  }
}

/** Brings the database to the newest schema. */
export function migrate(db: Database): void {
  const found = versionOf(db)
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < found) continue
    db.transaction(() => {
      db.exec(sql)
      db.pragma(`user_version = ${index + 1}`)
    })()
  }
}
