// Why a database cannot be used, for a person: what it said, and what to do.

import { StoreUnavailable } from '../../domain/store-unavailable.js'
import type { DatabaseHost } from './connection-string.js'

const CERTIFICATE =
  'name the file of its authority with sslrootcert in store.url (docs/operate/postgresql.md), or choose another sslmode'

/** By SQLSTATE, and by the codes of Node for sockets and TLS. */
const ADVICE: Readonly<Record<string, string>> = {
  '42501': 'its user must own the database, or be granted CREATE on the database and on its schema public',
  '25006': 'it takes no writes: name the primary in store.url, and see that default_transaction_read_only is off',
  '28P01': 'user and password in store.url must be those of the database',
  '28000': 'pg_hba.conf of the database must let this user in from this machine',
  '3D000': 'create the database, or name another in store.url',
  '53300': 'raise max_connections of the database (docs/operate/postgresql.md says how many a gateway takes)',
  '42P05':
    'a pooler in transaction mode is in front of it: connect to PostgreSQL itself, or set pool_mode = session (PgBouncer)',
  '26000':
    'a pooler in transaction mode is in front of it: connect to PostgreSQL itself, or set pool_mode = session (PgBouncer)',
  ECONNREFUSED: 'is it running, and does store.url name its host and port?',
  ENOTFOUND: 'does store.url name its host?',
  ETIMEDOUT: 'is it running, and does a firewall let this machine through?',
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT: CERTIFICATE,
  CERT_SIGNATURE_FAILURE: CERTIFICATE,
  CERT_UNTRUSTED: CERTIFICATE,
  ERR_TLS_CERT_ALTNAME_INVALID: 'store.url must name the host as its certificate does, or have sslmode=verify-ca',
  CERT_HAS_EXPIRED: 'renew the certificate of the database',
}

/** What a session needs and a pooler of transactions does not have. */
export const POOLED =
  'a pooler in transaction mode is in front of it, and a gateway needs connections of its own (prepared statements, ' +
  'LISTEN): connect to PostgreSQL itself, or set pool_mode = session (PgBouncer)'

/** Names the hosts, the setting, what happened and what to do. */
export function connectionTrouble(hosts: readonly DatabaseHost[], error: unknown): Error {
  const { message, code } = (error instanceof StoreUnavailable ? error.cause : error) as NodeJS.ErrnoException
  const advice = ADVICE[code ?? '']
  const names = hosts.map(({ name }) => name).join(', ')
  // Several addresses of one name fail with one error that has no message.
  const reason = message || (error as AggregateError).errors?.map(String).join(', ') || String(error)
  return new Error(
    `the database at ${names} (store.url) cannot be used: ${reason}${advice === undefined ? '' : `. What to do: ${advice}`}`,
    { cause: error },
  )
}
