import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { OPERATIONS } from '../schemas/operations.js'
import { ConfigError, type ConfigSources, loadConfig } from './config.js'
import { SETTINGS, type Setting } from './schema.js'

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rightofway-config-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

function fileOf(content: object | string): string {
  const file = join(dir, 'gateway.yaml')
  writeFileSync(file, typeof content === 'string' ? content : stringify(content))
  return file
}

/** `listen.port` and 80 as `{ listen: { port: 80 } }`. */
const nested = (path: string, value: unknown): object =>
  path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object

const valueAt = (config: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], config)

const keyOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64')

const asText = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value))

const refusal = (sources: ConfigSources): string => {
  try {
    loadConfig(sources)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('the configuration was accepted')
}

/** The minimum for single sign-on. */
const ISSUER = { 'dashboard.oidc.issuer': 'https://idp.example', 'dashboard.oidc.viewers': ['all'] }
const CLIENT = { 'dashboard.oidc.clientId': 'gateway', 'dashboard.oidc.viewers': ['all'] }
const PROVIDER = { ...ISSUER, ...CLIENT }

/**
 * Three values for every setting, none of them its default (a boolean has but one), and the settings that they require.
 */
const SAMPLES: Readonly<Record<string, { values: readonly [unknown, unknown, unknown?]; with?: object }>> = {
  dataDir: { values: ['/a', '/b', '/c'] },
  sandbox: { values: [true, false] },
  name: { values: ['a', 'b', 'c'] },
  'store.url': {
    values: ['postgresql://a/qod', 'postgres://u:p@a:5432,b:5433/qod', 'postgresql://[::1]/qod?sslmode=require'],
    with: { 'keyring.file': 'keyring', publicUrl: 'https://a.example' },
  },
  'store.startTimeout': { values: [1, 2, 3] },
  'store.durable': { values: [false, true], with: { sandbox: true } },
  publicUrl: { values: ['https://a.example', 'https://b.example/x', 'http://c.example:8080'] },
  'listen.host': { values: ['::1', 'localhost', '127.0.0.2'] },
  'listen.port': { values: [0, 1, 65_535] },
  'listen.plainHttp': { values: [true, false] },
  'listen.trustProxy': { values: [['10.0.0.1'], ['10.0.0.0/8', '::1'], []] },
  'listen.requestTimeout': { values: [1, 2, 3] },
  'listen.keepAliveTimeout': { values: [1, 2, 3] },
  'listen.maxConnections': { values: [1, 2, 3] },
  'listen.tlsCert': { values: ['a.pem', 'b.pem', 'c.pem'], with: { 'listen.tlsKey': 'key.pem' } },
  'listen.tlsKey': { values: ['a.pem', 'b.pem', 'c.pem'], with: { 'listen.tlsCert': 'cert.pem' } },
  'http.cors.origins': { values: [['https://app.example'], ['http://localhost:5173', 'capacitor://localhost'], ['*']] },
  'callbacks.url': { values: ['https://a.example', 'https://b.example/x'], with: { 'callbacks.listen.port': 1 } },
  'callbacks.allow': { values: [['10.0.0.0/8'], ['192.0.2.1'], ['::1/128']] },
  'callbacks.listen.host': { values: ['::1', 'localhost', '127.0.0.2'] },
  'callbacks.listen.port': { values: [0, 1, 65_535] },
  'callbacks.listen.tlsCert': {
    values: ['a.pem', 'b.pem', 'c.pem'],
    with: { 'callbacks.listen.tlsKey': 'key.pem' },
  },
  'callbacks.listen.tlsKey': {
    values: ['a.pem', 'b.pem', 'c.pem'],
    with: { 'callbacks.listen.tlsCert': 'cert.pem' },
  },
  'callbacks.listen.clientCa': {
    values: ['a.pem', 'b.pem', 'c.pem'],
    with: { 'callbacks.listen.tlsCert': 'cert.pem', 'callbacks.listen.tlsKey': 'key.pem' },
  },
  'admin.socket': { values: ['a.sock', 'b.sock', 'c.sock'] },
  'dashboard.enabled': { values: [true, false] },
  'dashboard.signInHours': { values: [1, 12, 720] },
  'dashboard.oidc.issuer': {
    values: ['https://a.example', 'https://b.example/x', 'http://[::1]:9000'],
    with: CLIENT,
  },
  'dashboard.oidc.label': { values: ['a', 'b', 'c'] },
  'dashboard.oidc.clientId': { values: ['a', 'b', 'c'], with: ISSUER },
  'dashboard.oidc.clientSecret': { values: ['a', 'b', 'c'], with: PROVIDER },
  'dashboard.oidc.clientSecretFile': { values: ['a', 'b', 'c'], with: PROVIDER },
  'dashboard.oidc.scopes': { values: [['openid'], ['openid', 'email'], ['groups', 'openid']] },
  'dashboard.oidc.nameClaim': { values: ['email', 'name', 'upn'] },
  'dashboard.oidc.roleClaim': { values: ['roles', 'realm_access.roles', 'https://a.example/roles'] },
  'dashboard.oidc.viewers': { values: [['a'], ['b', 'c'], ['d']] },
  'dashboard.oidc.operators': { values: [['a'], ['b', 'c'], ['d']] },
  'dashboard.oidc.admins': { values: [['a'], ['b', 'c'], ['d']] },
  'metrics.allow': { values: [['0.0.0.0/0'], ['192.0.2.1', '2001:db8::/32'], []] },
  'keyring.file': { values: ['a', 'b', 'c'] },
  'keyring.keys': { values: [keyOf(1), keyOf(2), keyOf(3)] },
  'directory.kind': { values: ['open', 'store'], with: { 'directory.prefixes': ['10.0.0.0/8'] } },
  'directory.prefixes': { values: [['10.0.0.0/8'], ['192.0.2.1'], ['2001:db8::/32', '10.0.0.0/8']] },
  'directory.network': { values: ['core', 'partner'] },
  'directory.cacheSeconds': { values: [0, 30, 3_600] },
  'directory.ipv6PrefixLength': { values: [48, 56, 128] },
  'directory.identifiers': { values: [['phoneNumber'], ['ipv4Address', 'ipv6Address'], ['ipv6Address']] },
  'oauth.server': { values: [true, false, true] },
  'oauth.consent': { values: ['automatic', 'recorded', 'automatic'] },
  'oauth.profile': { values: ['oauth', 'camara', 'oauth'] },
  'oauth.tokenLifetime': { values: [30, 600, 86_400] },
  'oauth.requestsPerSecond': { values: [1, 50, 1_000_000_000] },
  'profiles.seed': { values: ['a.yaml', 'b.yaml', 'c.yaml'] },
  'sessions.maxDuration': { values: [1, 3_600, 86_399] },
  'sessions.conflicts': { values: ['own-overlap', 'device', 'overlap'] },
  'sessions.setUpTimeout': { values: [1, 60, 3_600] },
  'sessions.createHoldMs': { values: [0, 1, 600_000] },
  'sessions.extendHoldMs': { values: [0, 1, 600_000] },
  'limits.requestsPerSecond': { values: [1, 50, 1_000_000_000] },
  'limits.burst': { values: [1, 50, 1_000_000_000] },
  ...Object.fromEntries(OPERATIONS.map((operation) => [`limits.operations.${operation}`, { values: [1, 2, 3] }])),
  'limits.sessions': { values: [0, 1, 1_000_000_000] },
  'limits.sessionsPerDevice': { values: [0, 1, 1_000_000_000] },
  'sinks.allow': { values: [['10.0.0.0/8'], ['192.0.2.1'], ['::1/128']] },
  'sinks.ca': { values: ['a.pem', 'b.pem', 'c.pem'] },
  'sinks.proxy': { values: ['http://a.example:3128', 'https://b.example', 'http://user:password@c.example'] },
  'sinks.nameServers': { values: [['192.0.2.1'], ['192.0.2.1:5353', '[2001:db8::1]:53'], ['2001:db8::1']] },
  'history.days': { values: [1, 30, 3_650] },
  'audit.days': { values: [1, 30, 3_650] },
  'log.level': { values: ['debug', 'silent', 'error'] },
}

const IDP = {
  id: 'idp',
  issuer: 'https://idp.example',
  audience: 'https://qod.example',
  jwksUri: 'https://idp.example/keys',
}

/** A configuration of single sign-on with the given differences. */
const oidc = (changes: object) => ({
  dashboard: { oidc: { issuer: 'https://idp.example', clientId: 'gateway', admins: ['ops'], ...changes } },
})

/** A configuration of issuers with the given differences from {@link IDP}. */
const issuers = (...changes: object[]) => ({ oauth: { issuers: changes.map((change) => ({ ...IDP, ...change })) } })

describe('every setting', () => {
  it('has samples here, a name in each source, a default or none, and a description', () => {
    expect(SETTINGS.map(({ path }) => path)).toEqual(Object.keys(SAMPLES))
    for (const { flag, env, description } of SETTINGS) {
      expect(flag).toMatch(/^--[a-z][a-z0-9-]*$/)
      expect(env).toMatch(/^RIGHTOFWAY_[A-Z0-9_]+$/)
      expect(description).toMatch(/^[A-Z].*\.\)?$/)
    }
    for (const names of [SETTINGS.map(({ flag }) => flag), SETTINGS.map(({ env }) => env)]) {
      expect(new Set(names).size).toBe(SETTINGS.length)
    }
  })

  it('has its default when nobody sets it', () => {
    const config = loadConfig({})
    for (const { path, fallback } of SETTINGS) expect(valueAt(config, path), path).toEqual(fallback)
    expect(config.networks).toEqual([])
  })

  it.each([{}, { networks: [] }])('networks default to a simulated one, in a sandbox whose file is %j', (content) => {
    const simulated = [{ kind: 'simulator', id: 'simulator' }]
    expect(loadConfig({ flags: { sandbox: true }, file: fileOf(content) }).networks).toEqual(simulated)
    expect(loadConfig({ file: fileOf(content) }).networks).toEqual([])
  })

  it.each(SETTINGS.map((setting) => [setting.path, setting] as const))(
    '%s can be set in a file, by the environment, which wins over it, and by a flag, which wins over both',
    (path, { env, fallback }) => {
      const { values, with: others = {} } = SAMPLES[path] as (typeof SAMPLES)[string]
      const [inFile, inEnv, asFlag = inFile] = values
      const file = fileOf(nested(path, inFile))
      const load = (flags: object, environment: Record<string, string>, from?: string) =>
        valueAt(loadConfig({ flags: { ...others, ...flags }, env: environment, file: from }), path)
      if (fallback !== undefined) expect(load({}, {})).toEqual(fallback)
      expect(load({}, {}, file)).toEqual(inFile)
      expect(load({}, { [env]: asText(inEnv) })).toEqual(inEnv)
      expect(load({}, { [env]: asText(inEnv) }, file)).toEqual(inEnv)
      expect(load({ [path]: asText(asFlag) }, { [env]: asText(inEnv) }, file)).toEqual(asFlag)
      // As in a gateway that is started in the caller's process.
      expect(load({ [path]: asFlag }, { [env]: asText(inEnv) }, file)).toEqual(asFlag)
    },
  )

  it('keeps the other settings of a group from the file when one is set elsewhere', () => {
    const file = fileOf({ listen: { host: '127.0.0.2', port: 4_000 }, log: { level: 'warn' } })
    const config = loadConfig({ flags: { 'listen.port': '5000' }, env: { RIGHTOFWAY_LOG_LEVEL: 'debug' }, file })
    expect(config.listen).toMatchObject({ host: '127.0.0.2', port: 5_000 })
    expect(config.log).toEqual({ level: 'debug' })
  })

  it('reads a list between commas, with or without blanks; an empty text is an empty list', () => {
    const load = (text: string) => loadConfig({ env: { RIGHTOFWAY_METRICS_ALLOW: text } }).metrics.allow
    expect(load('10.0.0.0/8, ::1')).toEqual(['10.0.0.0/8', '::1'])
    expect(load('')).toEqual([])
  })

  it('ignores an empty file, and an empty group in it', () => {
    expect(loadConfig({ file: fileOf('') })).toEqual(loadConfig({}))
    expect(loadConfig({ file: fileOf('# nothing yet\n') })).toEqual(loadConfig({}))
    expect(loadConfig({ file: fileOf('listen: {}\n') })).toEqual(loadConfig({}))
  })
})

describe('a setting that cannot be used', () => {
  const port: Setting = SETTINGS.find(({ path }) => path === 'listen.port') as Setting

  it.each([
    ['a flag', { flags: { 'listen.port': '70000' } }, port.flag],
    ['the environment', { env: { [port.env]: '70000' } }, port.env],
    ['both, of which the flag counts', { flags: { 'listen.port': '70000' }, env: { [port.env]: '80' } }, port.flag],
  ] as const)('is named, with the allowed values and its source: %s', (_who, sources, from) => {
    expect(refusal(sources)).toBe(`listen.port must be at most 65535 (${from})`)
  })

  it('is named, with the file that set it, and the line', () => {
    const file = fileOf({ listen: { port: 'eighty' } })
    expect(refusal({ file })).toBe(`listen.port must be a whole number (${file}, line 2)`)
    // Another setting comes from elsewhere: it is not named.
    expect(refusal({ file, env: { RIGHTOFWAY_LISTEN_HOST: '::1' } })).toBe(
      `listen.port must be a whole number (${file}, line 2)`,
    )
  })

  it.each([
    ['listen:\n  host: ::1\n  prot: 80\n', 'listen.prot is not a known member', 3],
    ['log:\n  # Not much.\n  level: shout\n', 'log.level must be one of', 3],
    ['networks:\n  - kind: simulator\n    id: a\n  - kind: linx\n    id: b\n', 'networks[1].kind must be one of', 4],
    ['networks:\n  - kind: simulator\n    id: a\n  - kind: simulator\n', 'networks[1].id is required', 4],
    ['sinks:\n  allow:\n    - 10.0.0.0/8\n    - ten\n', 'sinks.allow[1] must be an IP address', 4],
    ['sandbox: true\nlisten:\n  host: 0.0.0.0\n', 'a sandbox listens on loopback only', 3],
  ])('is named, with the line of the file: %j', (content, message, line) => {
    const file = fileOf(content)
    const said = refusal({ file })
    expect(said).toContain(message)
    expect(said).toContain(`(${file}, line ${line})`)
  })

  it.each([
    ['listen.port', 'x', 'listen.port must be a whole number'],
    ['listen.port', '-1', 'listen.port must be at least 0'],
    ['listen.port', '1.5', 'listen.port must be a whole number'],
    ['sandbox', 'yes', 'sandbox must be true or false'],
    ['dataDir', '', 'dataDir must have at least 1 character'],
    ['publicUrl', 'gateway.example', 'publicUrl must match ^https?://'],
    ['publicUrl', 'https://gateway.example/', 'publicUrl must match ^https?://'],
    ['sessions.maxDuration', '86401', 'sessions.maxDuration must be at most 86400'],
    ['sessions.conflicts', 'none', 'sessions.conflicts must be one of overlap, own-overlap, device'],
    ['directory.identifiers', 'imsi', 'directory.identifiers[0] must be one of phoneNumber, ipv4Address'],
    ['directory.identifiers', '', 'directory.identifiers must have at least 1 item'],
    ['sinks.allow', '10.0.0.0/8,10.0.0.256', 'sinks.allow[1] must be an IP address or a prefix, such as'],
    ['metrics.allow', '010.0.0.1', 'metrics.allow[0] must be an IP address or a prefix, such as'],
    ['directory.prefixes', '2001:db8::/129', 'directory.prefixes[0] must be an IP address or a prefix, such as'],
    ['sinks.nameServers', '192.0.2.1,ns.example', 'sinks.nameServers[1] must be an IP address, or address:port'],
    ['sinks.nameServers', '192.0.2.1:0', 'sinks.nameServers[0] must be an IP address, or address:port'],
    ['sinks.nameServers', '192.0.2.1:65536', 'sinks.nameServers[0] must be an IP address, or address:port'],
    ['http.cors.origins', 'https://app.example/', 'http.cors.origins[0] must be an origin without a path'],
    ['http.cors.origins', 'app.example', 'http.cors.origins[0] must be an origin without a path'],
    ['http.cors.origins', 'https://*.example', 'http.cors.origins[0] must be an origin without a path'],
    ['http.cors.origins', 'null', 'http.cors.origins[0] must be an origin without a path'],
    ['listen.trustProxy', 'proxy.example', 'listen.trustProxy[0] must be an IP address or a prefix, such as'],
  ])('says what is allowed: %s=%s', (path, text, message) => {
    const { env } = SETTINGS.find((setting) => setting.path === path) as Setting
    const said = refusal({ env: { [env]: text } })
    expect(said).toContain(message)
    expect(said).toMatch(new RegExp(`\\(${env}\\)$`))
  })

  it.each([
    [{ listen: { prot: 80 } }, 'listen.prot is not a known member'],
    [{ lisen: {} }, 'lisen is not a known member'],
    [{ listen: 80 }, 'listen must be an object'],
    [{ listen: [80] }, 'listen must be an object'],
    [{ networks: [{ kind: 'sdn', id: 'a' }] }, 'networks[0].kind must be one of simulator, linux'],
    [{ networks: [{ id: 'a' }] }, 'networks[0].kind'],
    [{ networks: [{ kind: 'linux', id: 'a' }] }, 'networks[0].towardsDevices is required'],
    [{ networks: [{ kind: 'simulator' }] }, 'networks[0].id is required'],
    [{ networks: [{ kind: 'simulator', id: 'a b' }] }, 'networks[0].id must match'],
    [{ networks: [{ kind: 'simulator', id: 'a', devices: ['x'] }] }, 'networks[0].devices[0] must be an IP address'],
    [{ oauth: { issuers: [{ id: 'idp' }] } }, 'oauth.issuers[0].issuer is required'],
    [{ dashboard: { oidc: { clientId: 'gateway' } } }, 'is set, but dashboard.oidc.issuer is not'],
    [oidc({ issuer: 'http://idp.example' }), 'must be https, or http on a loopback'],
    [oidc({ clientId: undefined }), 'dashboard.oidc.clientId is not'],
    [oidc({ clientSecret: 's', clientSecretFile: 'f' }), 'are both set: set one of them'],
    [oidc({ scopes: ['profile'] }), 'must contain openid'],
    [oidc({ admins: [] }), 'nobody could sign in there'],
    [issuers({ jwksUri: 'http://idp.example/keys' }), 'jwksUri of idp must be https, or http on a loopback'],
    [issuers({}, { id: 'other' }), 'https://idp.example occurs twice'],
    [issuers({}, { issuer: 'https://other.example' }), 'two have the id idp'],
    [issuers({ device: { claim: 'sub', kind: 'imsi' } }), 'oauth.issuers[0].device.kind must be one of'],
  ])('is found wherever it stands in the file: %j', (content, message) => {
    const file = fileOf(content)
    // A flag for a member must not hide that its group is no map.
    for (const flags of [{}, { 'listen.port': '80' }]) {
      const said = refusal({ file, flags })
      expect(said).toContain(message)
      expect(said).toMatch(new RegExp(`\\(${file}, line \\d+\\)`))
    }
  })

  it.each([
    ['- a\n- b\n', 'it must be a map of settings'],
    ['just a text', 'it must be a map of settings'],
    ['listen: {port: 80', 'cannot be read: '],
  ])('is a file that is no configuration: %j', (content, message) => {
    const file = fileOf(content)
    expect(refusal({ file })).toContain(message)
    expect(refusal({ file })).toContain(file)
  })

  it('is a file that is not there', () => {
    const file = join(dir, 'missing.yaml')
    expect(refusal({ file })).toMatch(`the configuration ${file} cannot be read: ENOENT`)
  })
})

describe('settings that are wrong together', () => {
  const LOOPBACK = ['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost']
  const BEYOND = ['0.0.0.0', '::', '192.0.2.1', '2001:db8::1', 'gateway.example', '127.gateway.example', '128.0.0.1']

  it.each(LOOPBACK)('are not %s without TLS, in a sandbox or out of it', (host) => {
    expect(loadConfig({ flags: { 'listen.host': host } }).listen.host).toBe(host)
    expect(loadConfig({ flags: { 'listen.host': host, sandbox: 'true' } }).sandbox).toBe(true)
  })

  it.each(BEYOND)('are %s without TLS, unless it is said to be meant, and with a sandbox in any case', (host) => {
    const flags = { 'listen.host': host }
    expect(refusal({ flags })).toBe(
      `listen.host (--listen-host) is ${host}, but without TLS the gateway listens on loopback only: set ` +
        'listen.tlsCert and listen.tlsKey, or listen.plainHttp if a proxy in front has TLS',
    )
    const tls = { 'listen.tlsCert': 'cert.pem', 'listen.tlsKey': 'key.pem' }
    expect(loadConfig({ flags: { ...flags, ...tls } }).listen.host).toBe(host)
    expect(loadConfig({ flags: { ...flags, 'listen.plainHttp': 'true' } }).listen.host).toBe(host)
    const env = { RIGHTOFWAY_SANDBOX: 'true' }
    for (const more of [{}, tls, { 'listen.plainHttp': 'true' }]) {
      expect(refusal({ flags: { ...flags, ...more }, env })).toBe(
        `listen.host (--listen-host) is ${host}, but a sandbox listens on loopback only (sandbox ` +
          '(RIGHTOFWAY_SANDBOX) is true)',
      )
    }
  })

  it('are a certificate without a key, and a key without a certificate', () => {
    expect(refusal({ env: { RIGHTOFWAY_LISTEN_TLS_CERT: 'cert.pem' } })).toBe(
      'listen.tlsCert (RIGHTOFWAY_LISTEN_TLS_CERT) is set, but listen.tlsKey is not: set both or neither',
    )
    const file = fileOf({ listen: { tlsKey: 'key.pem' } })
    expect(refusal({ file })).toBe(
      `listen.tlsKey (${file}, line 2) is set, but listen.tlsCert is not: set both or neither`,
    )
  })

  it('are keys in two places', () => {
    expect(
      refusal({
        flags: { 'keyring.file': 'f' },
        env: { RIGHTOFWAY_KEYRING_KEYS: Buffer.alloc(32).toString('base64') },
      }),
    ).toBe('keyring.file (--keyring-file) and keyring.keys (RIGHTOFWAY_KEYRING_KEYS) are both set: set one of them')
  })

  it('are a store that is not durable, and no sandbox', () => {
    expect(refusal({ flags: { 'store.durable': 'false' } })).toContain(
      'store.durable (--store-durable) can be false only',
    )
  })

  it.each([
    [{}, 'set directory.prefixes to the addresses of devices'],
    [
      { 'directory.prefixes': '10.0.0.0/8', 'directory.identifiers': 'phoneNumber' },
      'directory.identifiers (--directory-identifiers) must contain ipv4Address or ipv6Address',
    ],
    [
      { 'directory.prefixes': '10.0.0.0/8,2001:db8::/72' },
      'directory.prefixes (--directory-prefixes): 2001:db8::/72 is smaller than the prefix of one device, a /64 by ' +
        'directory.ipv6PrefixLength (default)',
    ],
  ])('are an open directory and %j', (more, message) => {
    expect(refusal({ flags: { 'directory.kind': 'open', ...more } })).toContain(message)
  })

  it('are a directory at a NEF that is none of the networks', () => {
    const nef = { kind: 'nef', id: 'core', url: 'https://nef.example', scsAsId: 'gateway' }
    const file = fileOf({ networks: [nef], callbacks: { listen: { port: 1 } } })
    const flags = { 'directory.kind': 'nef', 'directory.prefixes': '10.45.0.0/16' }
    const at = (network?: string) => ({ file, flags: { ...flags, ...(network && { 'directory.network': network }) } })
    expect(loadConfig(at('core')).directory).toMatchObject({ kind: 'nef', network: 'core', cacheSeconds: 60 })
    for (const network of [undefined, 'other']) {
      expect(refusal(at(network))).toContain('set directory.network to the id of a network of kind nef (core)')
    }
    expect(refusal({ file, flags: { 'directory.kind': 'nef' } })).toContain('set directory.prefixes')
  })

  it('are two networks of one name', () => {
    const networks = [
      { kind: 'simulator', id: 'a' },
      { kind: 'simulator', id: 'b' },
    ]
    expect(loadConfig({ file: fileOf({ networks }) }).networks).toEqual(networks)
    const file = fileOf({ networks: [...networks, { kind: 'simulator', id: 'a' }] })
    expect(refusal({ file })).toBe(`networks (${file}, line 1): two have the id a`)
  })
})

describe('a network behind an API', () => {
  const camara = { kind: 'camara', id: 'partner', url: 'https://qod.example/quality-on-demand/v1' }

  it('needs its URL, and has defaults for all else', () => {
    expect(loadConfig({ file: fileOf({ networks: [camara] }) }).networks).toEqual([
      {
        ...camara,
        profiles: {},
        identifiers: ['phoneNumber', 'ipv4Address', 'ipv6Address'],
        addressLists: false,
        timeoutMs: 10_000,
        maxFlowRules: 64,
      },
    ])
  })

  it.each([
    [{ url: undefined }, 'url is required'],
    [{ url: 'http://qod.example/v1' }, 'partner must have an https url, or http on a loopback'],
    [{ url: 'https://qod.example/v1/' }, 'url must match'],
    [{ phoneNumbers: ['3672'] }, 'phoneNumbers[0] must match'],
    [{ identifiers: ['imsi'] }, 'identifiers[0] must be'],
    [{ token: 'a', tokenFile: 'f' }, 'partner has more than one of token, tokenFile and tokenUrl'],
    [{ token: 'a b' }, 'token must match'],
    [{ tokenUrl: 'https://as.example/token' }, 'partner must have tokenUrl and clientId, or neither'],
    [{ tokenUrl: 'http://as.example/token', clientId: 'gw' }, 'partner must have an https tokenUrl'],
    [{ clientSecret: 's' }, 'partner has a client secret, and no tokenUrl that it is for'],
    [
      { tokenUrl: 'https://as.example/token', clientId: 'gw', clientSecret: 's', clientSecretFile: 'f' },
      'partner has clientSecret and clientSecretFile: the secret is in one place',
    ],
    [{ clientCert: 'cert.pem' }, 'partner must have clientCert and clientKey, or neither'],
  ])('is refused with %j', (more, message) => {
    expect(refusal({ file: fileOf({ networks: [{ ...camara, ...more }] }) })).toContain(message)
  })

  it.each([
    [{ url: 'https://gw.example' }, 'callbacks.url', 'callbacks.listen.port is not: nobody would listen'],
    [{ listen: { port: 1, tlsCert: 'c' } }, 'callbacks.listen.tlsCert', 'callbacks.listen.tlsKey is not'],
    [{ listen: { port: 1, clientCa: 'c' } }, 'callbacks.listen.clientCa', 'without TLS there are no certificates'],
    [{ listen: { port: 1 } }, 'partner is told where to send events', 'CAMARA endpoints take https only'],
    [{ listen: { port: 1 }, url: 'http://gw.example' }, 'partner is told', 'CAMARA endpoints take https only'],
  ])('has its messages refused by %j', (callbacks, setting, message) => {
    const said = refusal({ file: fileOf({ networks: [camara], callbacks }) })
    expect(said).toContain(setting)
    expect(said).toContain(message)
  })

  it.each([
    [{ listen: { port: 1, tlsCert: 'c', tlsKey: 'k' } }],
    [{ listen: { port: 1 }, url: 'https://gw.example/from-networks' }],
    [{ allow: ['192.0.2.0/24'] }],
  ])('has its messages taken by %j', (callbacks) => {
    expect(loadConfig({ file: fileOf({ networks: [camara], callbacks }) }).callbacks).toMatchObject(callbacks)
  })
})

describe('a network behind a NEF', () => {
  const nef = { kind: 'nef', id: 'core', url: 'https://nef.example/apis', scsAsId: 'gateway' }
  const callbacks = { listen: { port: 1 } }
  const fileWith = (more: object, rest: object = { callbacks }) => fileOf({ networks: [{ ...nef, ...more }], ...rest })

  it('needs its URL, our name there and a listener, and has defaults for all else', () => {
    expect(loadConfig({ file: fileWith({}) }).networks).toEqual([
      {
        ...nef,
        ...{ dialect: 'release17', qosReferences: {}, grant: 'onCreated', portRanges: false },
        ...{ timeoutMs: 10_000, maxFlowRules: 64 },
      },
    ])
  })

  it.each([
    [{ url: 'http://10.1.2.3:8080' }],
    [{ url: 'http://[fd00::1]/apis' }],
    [{ url: 'http://localhost:1' }],
    [{ dialect: 'medianetlab', qosReferences: { QOS_L: '82' } }],
    [{ dialect: 'ericsson', grant: 'onAllocated' }],
    [{ snssai: { sst: 1, sd: '00000a' }, dnn: 'internet', ipDomain: 'north' }],
  ])('is taken with %j', (more) => {
    expect(loadConfig({ file: fileWith(more) }).networks).toMatchObject([more])
  })

  it.each([
    [{ scsAsId: undefined }, 'scsAsId is required'],
    [{ url: 'http://nef.example' }, 'core must have an https url, or http on a loopback or a private address'],
    [{ url: 'http://192.0.2.1' }, 'core must have an https url, or http on a loopback or a private address'],
    [{ dialect: 'nokia' }, 'dialect must be'],
    [{ dialect: 'oracle', grant: 'onAllocated' }, 'oracle never tells what came of a subscription'],
    [{ dialect: 'iavcoelho', dnn: 'internet' }, 'core has dnn or snssai, which iavcoelho refuses'],
    [{ dialect: 'medianetlab', qosReferences: { QOS_L: 'gold' } }, 'qosReferences.QOS_L must be a 5QI'],
    [{ snssai: { sst: 256 } }, 'snssai.sst must be'],
    [{ clientCert: 'cert.pem' }, 'core must have clientCert and clientKey, or neither'],
  ])('is refused with %j', (more, message) => {
    expect(refusal({ file: fileWith(more) })).toContain(message)
  })

  it('is refused where nobody listens', () => {
    expect(refusal({ file: fileWith({}, {}) })).toContain('core needs callbacks.listen.port')
  })
})

describe('a network behind a PCF', () => {
  const pcf = { kind: 'pcf', id: 'core', url: 'http://10.0.0.13:7777' }
  const callbacks = { listen: { port: 1 } }
  const fileWith = (more: object, rest: object = { callbacks }) => fileOf({ networks: [{ ...pcf, ...more }], ...rest })
  const nrf = { nrfUrl: 'http://10.0.0.10:7777' }

  it('needs the URL of the PCF and a listener, and has defaults for all else', () => {
    expect(loadConfig({ file: fileWith({}) }).networks).toEqual([
      {
        ...pcf,
        ...{ core: 'standard', profiles: {}, grant: 'onCreated', portRanges: false },
        ...{ timeoutMs: 10_000, maxFlowRules: 64 },
      },
    ])
  })

  it.each([
    [{ core: 'open5gs', ...nrf }],
    [{ ...nrf, nfInstanceId: '019748a0-0000-4000-8000-000000000001' }],
    [{ core: 'free5gc', profiles: { QOS_L: { medType: 'VIDEO' }, QOS_E: {} } }],
    [{ grant: 'onAllocated' }],
  ])('is taken with %j', (more) => {
    expect(loadConfig({ file: fileWith(more) }).networks).toMatchObject([more])
  })

  it.each([
    [{ url: undefined }, 'core must have url (of the PCF) or bsfUrl'],
    [{ bsfUrl: 'http://10.0.0.15:7777' }, 'core must have url (of the PCF) or bsfUrl'],
    [{ core: 'open5gs' }, 'core needs nrfUrl: the ids of Open5GS begin again from 1'],
    [{ nfInstanceId: '019748a0-0000-4000-8000-000000000001' }, 'has nfInstanceId, and no nrfUrl'],
    [{ ...nrf, nfInstanceId: 'gateway' }, 'nfInstanceId must'],
    [{ core: 'free5gc', grant: 'onAllocated' }, 'free5gc never tells what came of a session'],
    [{ profiles: { QOS_L: { medType: 'HOLOGRAM' } } }, 'medType must be'],
    [{ token: 't' }, 'token'],
  ])('is refused with %j', (more, message) => {
    expect(refusal({ file: fileWith(more) })).toContain(message)
  })

  it('is refused where nobody listens', () => {
    expect(refusal({ file: fileWith({}, {}) })).toContain('core needs callbacks.listen.port')
  })
})

describe('networks combined', () => {
  const parts = [
    { kind: 'simulator', id: 'core' },
    { kind: 'simulator', id: 'n6' },
  ]
  const both = { kind: 'combined', id: 'campus', parts: ['core', 'n6'], devices: ['10.45.0.0/16'] }
  const fileWith = (more: object, others: object[] = parts) => fileOf({ networks: [{ ...both, ...more }, ...others] })

  it('are taken in any order, all of them required or some', () => {
    expect(loadConfig({ file: fileWith({}) }).networks[0]).toEqual(both)
    expect(loadConfig({ file: fileWith({ required: ['core'] }) }).networks[0]).toEqual({ ...both, required: ['core'] })
  })

  it.each([
    [{ parts: ['core'] }, parts, 'parts must'],
    [{ parts: ['core', 'core'] }, parts, 'parts must'],
    [{ parts: ['core', 'n7'] }, parts, 'campus has the part n7, and there is no network with this id'],
    [{ parts: ['core', 'campus'] }, parts, 'campus has the part campus, which is of kind combined'],
    [{ required: ['n7'] }, parts, 'campus requires n7, which is none of its parts: core, n6'],
    [
      {},
      [{ ...parts[0], devices: ['10.0.0.0/8'] }, parts[1]],
      'core, which has devices or phoneNumbers: set them at campus',
    ],
    [{}, [...parts, { ...both, id: 'other' }], 'other has the part core, which is a part of campus already'],
  ] as [object, object[], string][])('are refused with %j beside %j', (more, others, message) => {
    expect(refusal({ file: fileWith(more, others) })).toContain(message)
  })
})

describe('a network that is this machine', () => {
  const lan0 = { interface: 'lan0', capacityBps: 95_000_000 }
  const wan0 = { interface: 'wan0', capacityBps: 38_000_000 }
  const linux = { kind: 'linux', id: 'edge', towardsDevices: [lan0], towardsServers: wan0 }

  it('needs its interfaces and their capacities, and has defaults for all else', () => {
    expect(loadConfig({ file: fileOf({ networks: [linux] }) }).networks).toEqual([
      {
        ...linux,
        reservedShare: 0.1,
        maxSessions: 10_000,
        ipv6PrefixLength: 64,
        dscp: false,
        reassemble: true,
        nat: false,
        takeover: false,
      },
    ])
  })

  it.each([
    [{ networks: [linux], sandbox: true }, 'edge is of kind linux, which cannot run in a sandbox, because'],
    [{ networks: [linux, { ...linux, id: 'other' }] }, 'edge is of kind linux, and so is other'],
    [{ networks: [{ ...linux, towardsServers: lan0 }] }, 'edge has lan0 twice'],
    [
      { networks: [{ ...linux, towardsDevices: [lan0, { ...lan0, interface: 'lan1' }] }] },
      'edge has 2 interfaces towards devices without devices',
    ],
    [{ networks: [{ ...linux, towardsServers: { interface: 'wan0' } }] }, 'towardsServers.capacityBps is required'],
    [
      { networks: [{ ...linux, towardsServers: { ...wan0, interface: 'a b' } }] },
      'towardsServers.interface must match',
    ],
    [
      { networks: [{ ...linux, towardsServers: { ...wan0, interface: 'a#b' } }] },
      'towardsServers.interface must match',
    ],
    [{ networks: [{ ...linux, reservedShare: 1 }] }, 'networks[0].reservedShare must be'],
    ...[7_999, 1_000_000_000_001, Number.MAX_SAFE_INTEGER].map((capacityBps): [object, string] => [
      { networks: [{ ...linux, towardsServers: { ...wan0, capacityBps } }] },
      'networks[0].towardsServers.capacityBps must be',
    ]),
  ])('is refused where it cannot be meant so: %j', (content, message) => {
    expect(refusal({ file: fileOf(content) })).toContain(message)
  })
})
