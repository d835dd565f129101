// What store.url says: the hosts of a primary and of the standbys that may take its place, and how to connect to them.
// It is read here and not by the driver, whose modes of TLS are not those of libpq.

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'

/** How one host is connected to. */
export interface DatabaseHost {
  /** Host and port, for messages. */
  readonly name: string
  readonly connect: {
    readonly host: string
    readonly port: number
    readonly user?: string
    readonly password?: string
    readonly database: string
    readonly options?: string
  }
  /** Tried one after the other; false is plain text. */
  readonly tls: readonly (ConnectionOptions | false)[]
  /** Whether it is on this machine. */
  readonly local: boolean
}

const SCHEME = /^postgres(ql)?:\/\//
const DEFAULT_PORT = 5432
const FORM = 'it must look like postgresql://user:password@host1:5432,host2:5432/database'

/** Modes of TLS, as libpq has them. */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
type SslMode = (typeof SSL_MODES)[number]

/** Parameters that are known. A gateway looks for the primary by itself, whatever target_session_attrs asks for. */
const PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'options', 'target_session_attrs'] as const
type Parameters = Readonly<Partial<Record<(typeof PARAMETERS)[number], string>>>

/**
 * The hosts of a connection string, in the order in which they are named.
 * @param url `postgresql://user:password@host1:5432,host2:5432/database?sslmode=verify-full`
 * @throws {Error} naming store.url. The message does not repeat it: there is a password in it
 */
export function databaseHosts(url: string): [DatabaseHost, ...DatabaseHost[]] {
  const rest = url.replace(SCHEME, '')
  if (rest === url) throw wrong(FORM)
  // A password may hold anything: the hosts begin after the last @.
  const at = rest.lastIndexOf('@')
  const { user, password } = credentials(rest.slice(0, Math.max(0, at)))
  const [, hosts = '', database = '', query = ''] =
    /^([^/?#]+)\/([^/?#]+)(?:\?([^#]*))?$/.exec(rest.slice(at + 1)) ?? []
  if (hosts === '') throw wrong(FORM)
  const parameters = parametersOf(query)
  const tls = tlsOf(parameters)
  const found = hosts.split(',').map((text): DatabaseHost => {
    const { host, port } = addressOf(text)
    return {
      name: text,
      local: /^(localhost|127\..*|::1)$/.test(host),
      tls,
      connect: {
        host,
        port,
        database: decoded(database),
        ...(user !== undefined && { user }),
        ...(password !== undefined && { password }),
        ...(parameters.options !== undefined && { options: parameters.options }),
      },
    }
  })
  return found as [DatabaseHost, ...DatabaseHost[]]
}

const wrong = (message: string): Error => new Error(`store.url: ${message}`)

function credentials(text: string): { user?: string; password?: string } {
  if (text === '') return {}
  if (/[@/?#]|%(?![0-9A-Fa-f]{2})/.test(text)) {
    throw wrong(
      'user or password contains a special character: write @ as %40, / as %2F, ? as %3F, # as %23 and % as %25',
    )
  }
  const colon = text.indexOf(':')
  return colon < 0
    ? { user: decoded(text) }
    : { user: decoded(text.slice(0, colon)), password: decoded(text.slice(colon + 1)) }
}

function addressOf(text: string): { host: string; port: number } {
  const [, ipv6, name, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = ipv6 ?? name
  if (host === undefined || Number(port ?? DEFAULT_PORT) > 65_535) throw wrong(FORM)
  return { host: decoded(host), port: Number(port ?? DEFAULT_PORT) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw wrong('a % must be followed by two hexadecimal digits of a character in UTF-8')
  }
}

function parametersOf(query: string): Parameters {
  const given = [...new URLSearchParams(query)]
  for (const [name] of given) {
    if (!(PARAMETERS as readonly string[]).includes(name)) {
      throw wrong(`the parameter ${name} is unknown; allowed are ${PARAMETERS.join(', ')}`)
    }
  }
  return Object.fromEntries(given)
}

/** @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS */
function tlsOf(parameters: Parameters): readonly (ConnectionOptions | false)[] {
  const { sslmode = 'prefer', sslrootcert } = parameters
  if (!(SSL_MODES as readonly string[]).includes(sslmode)) {
    throw wrong(`sslmode must be one of ${SSL_MODES.join(', ')}`)
  }
  const mode = sslmode as SslMode
  if (mode === 'disable') return [false]
  const own = ownCertificate(parameters)
  const roots = sslrootcert === undefined || sslrootcert === 'system' ? {} : { ca: certificates(sslrootcert) }
  const encrypted: ConnectionOptions = { ...own, rejectUnauthorized: false }
  const ofAuthority: ConnectionOptions = { ...own, ...roots, rejectUnauthorized: true }
  switch (mode) {
    case 'allow':
      return [false, encrypted]
    case 'prefer':
      return [encrypted, false]
    case 'require':
      // Of old, libpq verifies what it can.
      return [sslrootcert === undefined ? encrypted : { ...ofAuthority, checkServerIdentity: () => undefined }]
    case 'verify-ca':
      return [{ ...ofAuthority, checkServerIdentity: () => undefined }]
    case 'verify-full':
      return [ofAuthority]
  }
}

function ownCertificate({ sslcert, sslkey }: Parameters): ConnectionOptions {
  if ((sslcert === undefined) !== (sslkey === undefined)) throw wrong('sslcert and sslkey must be set together')
  if (sslcert === undefined || sslkey === undefined) return {}
  return { cert: readOf('sslcert', sslcert), key: readOf('sslkey', sslkey) }
}

function certificates(file: string): string {
  const pem = readOf('sslrootcert', file)
  try {
    return new X509Certificate(pem) && pem
  } catch (error) {
    throw new Error(`store.url: sslrootcert: ${file} contains no certificate (PEM)`, { cause: error })
  }
}

function readOf(parameter: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`store.url: ${parameter}: ${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
