// Parses store.url: the hosts of a primary and of the standbys that may take its place, and how to connect to them. It
// is parsed here and not by the driver, whose modes of TLS differ from libpq's.

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type ConnectionOptions, createSecureContext } from 'node:tls'

/** The options of a connection to one host. */
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
  /** Tried in this order; false is plain text. */
  readonly tls: readonly (ConnectionOptions | false)[]
  /** Whether it is on this machine. */
  readonly local: boolean
}

const SCHEME = /^postgres(ql)?:\/\//
const DEFAULT_PORT = 5432
const FORM = 'it must look like postgresql://user:password@host1:5432,host2:5432/database'
const NOT_ENCODED =
  'user or password contains a special character: write @ as %40, / as %2F, ? as %3F, # as %23 and % as %25'

/** libpq's modes of TLS. */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
type SslMode = (typeof SSL_MODES)[number]

/** Known parameters. A gateway looks for the primary by itself, whatever target_session_attrs demands. */
const PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'options', 'target_session_attrs'] as const
type Parameters = Readonly<Partial<Record<(typeof PARAMETERS)[number], string>>>

/** A mistake in a connection string. */
export interface ConnectionMistake {
  /** Names store.url, and does not contain it: it has a password. */
  readonly message: string
  /** An unknown name, and the known ones. */
  readonly unknown?: { readonly name: string; readonly known: readonly string[] }
}

/**
 * The hosts of a connection string, in its order.
 * @param url `postgresql://user:password@host1:5432,host2:5432/database?sslmode=verify-full`
 * @throws {Error} naming store.url, and all mistakes in it. The message does not contain it: it has a password
 */
export function databaseHosts(url: string): [DatabaseHost, ...DatabaseHost[]] {
  const read = readConnectionString(url)
  const { tls, mistakes } = tlsOf(read.parameters)
  const wrong = [...read.mistakes, ...mistakes]
  if (wrong.length > 0) throw new Error(wrong.map(({ message }) => message).join('\n'))
  return read.hosts.map((host) => ({ ...host, tls })) as [DatabaseHost, ...DatabaseHost[]]
}

/**
 * The mistakes in a connection string.
 * @param files whether the files that it names are also read
 */
export function connectionMistakes(url: string, files: boolean): ConnectionMistake[] {
  const { parameters, mistakes } = readConnectionString(url)
  return [...mistakes, ...(files ? tlsOf(parameters).mistakes : modeMistakes(parameters))]
}

interface ConnectionString {
  readonly hosts: readonly Omit<DatabaseHost, 'tls'>[]
  readonly parameters: Parameters
  readonly mistakes: readonly ConnectionMistake[]
}

/** A connection string without its files. */
function readConnectionString(url: string): ConnectionString {
  const mistakes: ConnectionMistake[] = []
  const said = (message: string): ConnectionString => ({ hosts: [], parameters: {}, mistakes: [wrong(message)] })
  const rest = url.replace(SCHEME, '')
  if (rest === url) return said(FORM)
  // A password may contain anything: the hosts begin after the last @.
  const at = rest.lastIndexOf('@')
  const [, hosts = '', database = '', query = ''] =
    /^([^/?#]+)\/([^/?#]+)(?:\?([^#]*))?$/.exec(rest.slice(at + 1)) ?? []
  const credentials = rest.slice(0, Math.max(0, at))
  if (/[@/?#]|%(?![0-9A-Fa-f]{2})/.test(credentials)) return said(NOT_ENCODED)
  if (hosts === '') return said(FORM)
  const parts = [credentials, database, ...hosts.split(',')]
  if (!parts.every(isEncoded)) return said('a % must be followed by two hexadecimal digits of a character in UTF-8')
  const colon = credentials.indexOf(':')
  const user = decodeURIComponent(colon < 0 ? credentials : credentials.slice(0, colon))
  const password = colon < 0 ? undefined : decodeURIComponent(credentials.slice(colon + 1))
  const parameters = new Map(new URLSearchParams(query))
  for (const name of parameters.keys()) {
    if ((PARAMETERS as readonly string[]).includes(name)) continue
    mistakes.push({
      ...wrong(`the parameter ${name} is unknown; allowed are ${PARAMETERS.join(', ')}`),
      unknown: { name, known: PARAMETERS },
    })
  }
  const options = parameters.get('options')
  const found = hosts.split(',').flatMap((text) => {
    const address = addressOf(text)
    if (typeof address === 'string') {
      mistakes.push(wrong(address))
      return []
    }
    const { host, port } = address
    return {
      name: text,
      local: /^(localhost|127\..*|::1)$/.test(host),
      connect: {
        host,
        port,
        database: decodeURIComponent(database),
        ...(credentials !== '' && { user }),
        ...(password !== undefined && { password }),
        ...(options !== undefined && { options }),
      },
    }
  })
  return { hosts: found, parameters: Object.fromEntries(parameters), mistakes }
}

const wrong = (message: string): ConnectionMistake => ({ message: `store.url: ${message}` })

/** @returns its mistakes, if there are any */
function addressOf(text: string): { host: string; port: number } | string {
  const [, ipv6, name, port = String(DEFAULT_PORT)] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+))(?::(.*))?$/.exec(text) ?? []
  const host = ipv6 ?? name
  if (host === undefined) return FORM
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    return `${FORM}: the port of ${host} must be a number from 1 to 65535`
  }
  return { host: decodeURIComponent(host), port: Number(port) }
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

function modeMistakes({ sslmode = 'prefer', sslcert, sslkey }: Parameters): ConnectionMistake[] {
  return [
    ...((SSL_MODES as readonly string[]).includes(sslmode)
      ? []
      : [
          {
            ...wrong(`sslmode must be one of ${SSL_MODES.join(', ')}`),
            unknown: { name: sslmode, known: SSL_MODES },
          },
        ]),
    ...((sslcert === undefined) === (sslkey === undefined) ? [] : [wrong('sslcert and sslkey must be set together')]),
  ]
}

interface Tls {
  /** Tried in this order; false is plain text. */
  readonly tls: DatabaseHost['tls']
  readonly mistakes: readonly ConnectionMistake[]
}

/** @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS */
function tlsOf(parameters: Parameters): Tls {
  const { sslmode = 'prefer', sslrootcert } = parameters
  if (sslmode === 'disable') return { tls: [false], mistakes: modeMistakes(parameters) }
  const mistakes = modeMistakes(parameters)
  const own = ownCertificate(parameters, mistakes)
  const roots = sslrootcert === undefined || sslrootcert === 'system' ? {} : { ca: certificates(sslrootcert, mistakes) }
  const encrypted: ConnectionOptions = { ...own, rejectUnauthorized: false }
  const ofAuthority: ConnectionOptions = { ...own, ...roots, rejectUnauthorized: true }
  const ofAnyName: ConnectionOptions = { ...ofAuthority, checkServerIdentity: () => undefined }
  const ways: Readonly<Record<SslMode, Tls['tls']>> = {
    disable: [false],
    allow: [false, encrypted],
    prefer: [encrypted, false],
    // libpq has always verified what it can.
    require: [sslrootcert === undefined ? encrypted : ofAnyName],
    'verify-ca': [ofAnyName],
    'verify-full': [ofAuthority],
  }
  return { tls: ways[sslmode as SslMode] ?? [], mistakes }
}

function ownCertificate({ sslcert, sslkey }: Parameters, mistakes: ConnectionMistake[]): ConnectionOptions {
  if (sslcert === undefined || sslkey === undefined) return {}
  const cert = readOf('sslcert', sslcert, mistakes)
  const key = readOf('sslkey', sslkey, mistakes)
  if (cert === undefined || key === undefined) return {}
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    mistakes.push(wrong(`sslcert (${sslcert}) and sslkey (${sslkey}) cannot be used: ${(error as Error).message}`))
  }
  return { cert, key }
}

function certificates(file: string, mistakes: ConnectionMistake[]): string | undefined {
  const pem = readOf('sslrootcert', file, mistakes)
  if (pem === undefined) return undefined
  try {
    return new X509Certificate(pem) && pem
  } catch {
    mistakes.push(wrong(`sslrootcert: ${file} contains no certificate (PEM)`))
    return undefined
  }
}

function readOf(parameter: string, file: string, mistakes: ConnectionMistake[]): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    mistakes.push(wrong(`${parameter}: ${file} cannot be read: ${(error as Error).message}`))
    return undefined
  }
}
