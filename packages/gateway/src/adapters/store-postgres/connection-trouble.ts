// Why a database cannot be used, for people: its error, and what to do.

import { StoreUnavailable } from '../../domain/store-unavailable.js'
import type { DatabaseHost } from './connection-string.js'

const CERTIFICATE =
  'set sslrootcert in store.url to the file of its authority (docs/operate/postgresql.md), or choose another sslmode'

/** By SQLSTATE, and by Node's error codes of sockets and TLS. */
const ADVICE: Readonly<Record<string, string>> = {
  '42501': 'its user must own the database, or be granted CREATE on the database and on its schema public',
  '25006': 'it is read-only: use the primary in store.url, and check that default_transaction_read_only is off',
  '28P01': 'user and password in store.url must be those of the database',
  '28000': 'pg_hba.conf of the database must allow this user from this machine',
  '3D000': 'create the database, or name another in store.url',
  '53300': 'raise max_connections of the database (docs/operate/postgresql.md says how many a gateway takes)',
  '42P05':
    'a pooler in transaction mode is in front of it: connect to PostgreSQL directly, or set pool_mode = session ' +
    '(PgBouncer)',
  '26000':
    'a pooler in transaction mode is in front of it: connect to PostgreSQL directly, or set pool_mode = session ' +
    '(PgBouncer)',
  ECONNREFUSED: 'check that it is running, and that store.url has its host and port',
  ENOTFOUND: 'does store.url name its host?',
  ETIMEDOUT: 'check that it is running, and that no firewall blocks this machine',
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT: CERTIFICATE,
  CERT_SIGNATURE_FAILURE: CERTIFICATE,
  CERT_UNTRUSTED: CERTIFICATE,
  ERR_TLS_CERT_ALTNAME_INVALID: 'store.url must have the host name of the certificate, or sslmode=verify-ca',
  CERT_HAS_EXPIRED: 'renew the certificate of the database',
}

/** The database does not answer yet, and nothing else is wrong: it may become reachable. */
export class StoreUnreachable extends Error {
  override readonly name = 'StoreUnreachable'
}

/**
 * Nothing listens, its name is not known yet, there is no route; or it is starting (57P03), stopping (57P01, 57P02), or
 * accepts no more connections for now (53300).
 */
const MAY_COME: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  '57P01',
  '57P02',
  '57P03',
  '53300',
])
/** pg's errors without a code: a timeout, or the other side hung up. */
const WITHOUT_CODE = /timeout|Connection terminated/

/** Features of a session that a transaction pooler lacks. */
export const POOLED =
  'a pooler in transaction mode is in front of it, but a gateway needs its own connections (prepared statements, ' +
  'LISTEN): connect to PostgreSQL directly, or set pool_mode = session (PgBouncer)'

/**
 * Names the hosts, the setting, the error and what to do.
 * @returns {StoreUnreachable} if waiting may help
 */
export function connectionTrouble(hosts: readonly DatabaseHost[], error: unknown): Error {
  const { message, code } = (error instanceof StoreUnavailable ? error.cause : error) as NodeJS.ErrnoException
  const advice = ADVICE[code ?? '']
  const names = hosts.map(({ name }) => name).join(', ')
  // Several addresses of one name fail with one error that has no message.
  const reason = message || (error as AggregateError).errors?.map(String).join(', ') || String(error)
  const mayCome = code === undefined ? WITHOUT_CODE.test(reason) : MAY_COME.has(code)
  return new (mayCome ? StoreUnreachable : Error)(
    `the database at ${names} (store.url) cannot be used: ${reason}${advice === undefined ? '' : `. What to do: ${advice}`}`,
    { cause: error },
  )
}
