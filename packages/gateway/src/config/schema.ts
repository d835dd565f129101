// Every setting of the gateway: its type, its bounds, its default, and what it is for. The flags, the environment's
// names, the configuration file and docs/reference/configuration.md are all made from this.

import { alternatives, oneOf } from '@rightofway/camara/schemas'
import Type, { type Static, type TSchema } from 'typebox'
import { CONFLICT_RULES } from '../domain/conflict.js'
import { IDENTIFIER_KINDS } from '../domain/device.js'
import { OPERATIONS } from '../schemas/operations.js'

const setting = <S extends TSchema>(schema: S, fallback: unknown, description: string): S => ({
  ...schema,
  description,
  ...(fallback !== undefined && { default: fallback }),
})

const group = <P extends Record<string, TSchema>>(properties: P) =>
  Type.Object(properties, { additionalProperties: false, default: {} })

const Text = Type.String({ minLength: 1 })
const RoleValues = Type.Array(Text, { uniqueItems: true })
const Prefixes = Type.Array(Type.String({ maxLength: 49, format: 'prefix' }))
const Bps = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const PerSecond = Type.Integer({ minimum: 1, maximum: 1_000_000_000 })
const Count = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })
const Milliseconds = Type.Integer({ minimum: 0, maximum: 600_000 })

const anyNetwork = {
  id: setting(
    Type.String({ maxLength: 64, pattern: '^\\.*[A-Za-z0-9_-][A-Za-z0-9_.-]*$' }),
    undefined,
    'Name of the network.',
  ),
  devices: Type.Optional(
    setting(Prefixes, undefined, 'Devices with an address in one of these are on it. Default: all others.'),
  ),
  country: Type.Optional(
    setting(Type.String({ pattern: '^[A-Z]{2}$' }), undefined, 'ISO 3166-1 alpha-2; profiles can be offered by it.'),
  ),
  plmn: Type.Optional(
    setting(Type.String({ pattern: '^[0-9]{5,6}$' }), undefined, 'MCC and MNC; profiles can be offered by it.'),
  ),
}

export const SimulatorNetwork = Type.Object(
  {
    kind: oneOf(['simulator']),
    ...anyNetwork,
    downlinkBps: Type.Optional(
      setting(Bps, undefined, 'Bits per second it can guarantee towards devices. Default: 100 Gbit/s.'),
    ),
    uplinkBps: Type.Optional(
      setting(Bps, undefined, 'Bits per second it can guarantee from devices. Default: 100 Gbit/s.'),
    ),
    maxFlowRules: Type.Optional(
      setting(Type.Integer({ minimum: 1, maximum: 65_536 }), undefined, 'Rules that one flow may need. Default: 64.'),
    ),
    url: Type.Optional(
      setting(
        Type.String({ pattern: '^https?://[^/?#]+/?$' }),
        undefined,
        'Where a simulated network runs that several gateways have in common (`rightofway simulator`); the rates are ' +
          'set there. Default: one of its own, in dataDir.',
      ),
    ),
  },
  { additionalProperties: false },
)

/** IFNAMSIZ of Linux, less the zero at the end; and nothing that would end or begin something in the input of nft or tc. */
const Interface = Type.String({ pattern: '^[^\\s/:"\'\\\\#]{1,15}$' })
/** What HTB can carry: less is no rate to it, and of more a burst of some milliseconds has no room in its 32 bits. */
const LinkBps = Type.Integer({ minimum: 8_000, maximum: 1_000_000_000_000 })
const CAPACITY =
  'Bits per second that it may send, 8000 to 1000000000000: a little less than the slowest link behind it, so that ' +
  'packets wait here.'

export const LinuxNetwork = Type.Object(
  {
    kind: oneOf(['linux']),
    ...anyNetwork,
    towardsDevices: setting(
      Type.Array(
        Type.Object(
          {
            interface: Interface,
            capacityBps: setting(LinkBps, undefined, CAPACITY),
            devices: Type.Optional(setting(Prefixes, undefined, 'Addresses behind it. Default: all others.')),
          },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: 64 },
      ),
      undefined,
      'Interfaces towards devices, each with its `interface` (a name), its `capacityBps` (bits per second that it may ' +
        'send, a little less than the slowest link behind it) and, if there are several, its `devices` (prefixes).',
    ),
    towardsServers: setting(
      Type.Object(
        { interface: Interface, capacityBps: setting(LinkBps, undefined, CAPACITY) },
        { additionalProperties: false },
      ),
      undefined,
      'The interface towards servers: `interface` and `capacityBps`.',
    ),
    reservedShare: setting(
      Type.Number({ minimum: 0, maximum: 0.99 }),
      0.1,
      'Share of each capacity that is kept for the default class (packets without a session), 0 to 0.99. Default: 0.1.',
    ),
    maxSessions: setting(
      Type.Integer({ minimum: 1, maximum: 50_000 }),
      10_000,
      'Sessions that it holds at once, 1 to 50000. Default: 10000.',
    ),
    ipv6PrefixLength: setting(
      Type.Integer({ minimum: 1, maximum: 128 }),
      64,
      'Length of the IPv6 prefix that one device has; sessions of such devices cost the least. Default: 64.',
    ),
    dscp: setting(
      Type.Boolean(),
      false,
      'Whether packets of sessions are marked with the DSCP of their service class. Default: `false`.',
    ),
    reassemble: setting(
      Type.Boolean(),
      true,
      'Whether fragments are put together first, without which those of flows with ports are missed; it loads ' +
        'connection tracking. Default: `true`.',
    ),
    nat: setting(
      Type.Boolean(),
      false,
      'Whether this machine translates addresses: devices are then found by the public address and port of a connection ' +
        'too, by its connection tracking (conntrack). Default: `false`.',
    ),
    takeover: setting(
      Type.Boolean(),
      false,
      'Whether a root qdisc that is not ours may be replaced; `rightofway network teardown` puts it back. Default: ' +
        '`false`.',
    ),
  },
  { additionalProperties: false },
)

export const RemoteNetwork = Type.Object(
  {
    kind: oneOf(['remote']),
    ...anyNetwork,
    maxFlowRules: Type.Optional(
      setting(Type.Integer({ minimum: 1, maximum: 65_536 }), undefined, 'Rules that one flow may need. Default: 64.'),
    ),
  },
  { additionalProperties: false },
)

const NETWORK_KINDS = [SimulatorNetwork, LinuxNetwork, RemoteNetwork] as const

export const OAuthIssuer = Type.Object(
  {
    id: setting(
      Type.String({ pattern: '^[A-Za-z0-9-]{1,20}$' }),
      undefined,
      'Our name for it: its client `shop` is the application `<id>.shop` here.',
    ),
    issuer: setting(Type.String({ format: 'uri', maxLength: 2_048 }), undefined, '`iss` of its tokens.'),
    audience: setting(Text, undefined, 'What `aud` must name: this gateway, as the issuer knows it.'),
    jwksUri: setting(
      Type.String({ format: 'uri', maxLength: 2_048 }),
      undefined,
      'Where its keys are; https, or http on a loopback. They are kept for ten minutes, and asked for anew where a ' +
        'token names another, at most every 30 s.',
    ),
    applicationClaim: setting(Text, 'client_id', 'Claim with the client. Default: `client_id`.'),
    scopeClaim: setting(Text, 'scope', 'Claim with the scopes, a text or a list. Default: `scope`.'),
    subjectClaim: setting(
      Text,
      'sub',
      'Claim with the subscriber, who owns sessions beside the client; kept as a keyed hash. Default: `sub`.',
    ),
    device: Type.Optional(
      Type.Object(
        {
          claim: setting(Text, undefined, 'Name of the claim.'),
          kind: setting(oneOf([...IDENTIFIER_KINDS]), undefined, 'What it holds.'),
        },
        {
          additionalProperties: false,
          description:
            '`claim` and `kind`: which claim names the device that a token speaks for, and the kind of identifier in ' +
            'it. A token with that claim is three-legged. Default: none is.',
        },
      ),
    ),
  },
  { additionalProperties: false },
)

export const ConfigSchema = group({
  dataDir: setting(Text, './rightofway-data', 'Folder of the store, the keyring and the admin socket.'),
  sandbox: setting(
    Type.Boolean(),
    false,
    'A world to try things in: simulated networks, a clock that can be moved, loopback only.',
  ),
  name: Type.Optional(
    setting(Text, undefined, 'Name of this gateway among those that share a store. Default: the name of the host.'),
  ),
  store: group({
    url: Type.Optional(
      setting(
        Type.String({ pattern: '^postgres(ql)?://[^/?#]+/[^/?#]+' }),
        undefined,
        'PostgreSQL database that several gateways share, postgresql://user:password@host:5432/database; more hosts ' +
          'between commas, where one may take over from another; `?sslmode=verify-full` and the other modes of libpq. ' +
          'Default: a file in dataDir, for one gateway.',
      ),
    ),
    durable: setting(
      Type.Boolean(),
      true,
      'Whether an answer means that its session is on the disk. Without, a power cut loses answers: only in a sandbox.',
    ),
  }),
  publicUrl: Type.Optional(
    setting(
      Type.String({ pattern: '^https?://[^/?#]+(/[^?#]*[^/?#])?$' }),
      undefined,
      'URL by which applications know this gateway, the same on all gateways; it is in the source of events. ' +
        'Default: where it listens.',
    ),
  ),
  listen: group({
    host: setting(Text, '127.0.0.1', 'Address to listen on.'),
    port: setting(Type.Integer({ minimum: 0, maximum: 65_535 }), 8080, 'Port to listen on; 0 takes a free one.'),
    plainHttp: setting(Type.Boolean(), false, 'Listen beyond loopback without TLS: for a proxy in front that has it.'),
    trustProxy: setting(Prefixes, [], 'Proxies (addresses or prefixes) whose X-Forwarded-* headers are believed.'),
    requestTimeout: setting(
      Type.Integer({ minimum: 1, maximum: 3_600 }),
      30,
      'Seconds in which a request must have come, its body included; else it is answered 408 and its connection closed.',
    ),
    keepAliveTimeout: setting(
      Type.Integer({ minimum: 1, maximum: 3_600 }),
      72,
      'Seconds after which a connection without a request is closed. A proxy in front should have a shorter one.',
    ),
    maxConnections: setting(
      Type.Integer({ minimum: 1, maximum: 1_000_000 }),
      10_000,
      'Connections at once; more are closed as they come.',
    ),
    tlsCert: Type.Optional(setting(Text, undefined, 'File of the certificate chain, PEM.')),
    tlsKey: Type.Optional(setting(Text, undefined, "File of the certificate's key, PEM.")),
  }),
  http: group({
    cors: group({
      origins: setting(
        Type.Array(Type.String({ maxLength: 300, format: 'origin' }), { uniqueItems: true }),
        [],
        'Origins whose pages may call the APIs of applications and /oauth2 in a browser (CORS), such as ' +
          'https://app.example; `*` is every origin. Cookies are never taken from them. Default: none.',
      ),
    }),
  }),
  admin: group({
    socket: Type.Optional(
      setting(Text, undefined, 'Unix socket of the admin API; who can open it may do all. Default: in dataDir.'),
    ),
  }),
  dashboard: group({
    enabled: setting(
      Type.Boolean(),
      true,
      'Whether the dashboard and, behind its sign-in, the admin API are served where applications are.',
    ),
    signInHours: setting(
      Type.Integer({ minimum: 1, maximum: 720 }),
      12,
      'Hours after which a browser has to sign in again.',
    ),
    oidc: group({
      issuer: Type.Optional(
        setting(
          Type.String({ format: 'uri', maxLength: 2_048 }),
          undefined,
          'OpenID provider at which people can sign in to the dashboard; https, or http on a loopback. Default: none.',
        ),
      ),
      label: setting(
        Type.String({ minLength: 1, maxLength: 60 }),
        'single sign-on',
        'What people call it: the button says "Sign in with ...".',
      ),
      clientId: Type.Optional(setting(Text, undefined, 'This gateway, as the provider knows it.')),
      clientSecret: Type.Optional(
        setting(Text, undefined, 'Its secret. Default: none; the provider knows it as a public client then.'),
      ),
      clientSecretFile: Type.Optional(setting(Text, undefined, 'File of the secret, instead of the secret itself.')),
      scopes: setting(
        Type.Array(Type.String({ pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$' }), { uniqueItems: true }),
        ['openid', 'profile'],
        'What is asked for at the provider; `openid` must be among it.',
      ),
      nameClaim: setting(Text, 'preferred_username', 'Claim with the name by which others see a person.'),
      roleClaim: setting(
        Text,
        'groups',
        'Claim that says what a person may do, a text or a list; dots lead into objects (`realm_access.roles`). It is ' +
          'read in the ID token, or else asked of the userinfo endpoint.',
      ),
      viewers: setting(RoleValues, [], 'Values of the role claim that make a viewer.'),
      operators: setting(RoleValues, [], 'Values of the role claim that make an operator.'),
      admins: setting(RoleValues, [], 'Values of the role claim that make an admin. The highest role counts.'),
    }),
  }),
  metrics: group({
    allow: setting(Prefixes, ['127.0.0.0/8', '::1/128'], 'Who may read /metrics.'),
  }),
  keyring: group({
    file: Type.Optional(setting(Text, undefined, 'File of the keys that secrets at rest need. Default: in dataDir.')),
    keys: Type.Optional(
      setting(
        Text,
        undefined,
        'The keys themselves instead of a file, the current one first: 32 bytes each, base64, between commas.',
      ),
    ),
  }),
  directory: group({
    kind: setting(
      oneOf(['store', 'open']),
      'store',
      'Which devices there are: those in the store, or every address within directory.prefixes (open).',
    ),
    prefixes: setting(Prefixes, [], 'Of an open directory: the addresses that are devices.'),
    ipv6PrefixLength: setting(
      Type.Integer({ minimum: 1, maximum: 128 }),
      64,
      'Of an open directory: length of the IPv6 prefix that one device has.',
    ),
    identifiers: setting(
      Type.Array(oneOf([...IDENTIFIER_KINDS]), { uniqueItems: true, minItems: 1 }),
      [...IDENTIFIER_KINDS],
      'Kinds of identifiers that devices can be named by.',
    ),
  }),
  oauth: group({
    server: Type.Optional(
      setting(
        Type.Boolean(),
        undefined,
        'Whether the gateway is an authorization server itself, under /oauth2. Default: in a sandbox only.',
      ),
    ),
    consent: Type.Optional(
      setting(
        oneOf(['automatic', 'recorded']),
        undefined,
        'Which subscribers our tokens may speak for: all (automatic), or those whose consent an operator has recorded. ' +
          'Default: recorded; in a sandbox automatic.',
      ),
    ),
    profile: setting(
      oneOf(['oauth', 'camara']),
      'oauth',
      'What client credentials without a scope give: all that the client may have (oauth, RFC 6749), or invalid_scope ' +
        '(camara, as the CAMARA Security and Interoperability Profile asks).',
    ),
    tokenLifetime: setting(
      Type.Integer({ minimum: 30, maximum: 86_400 }),
      600,
      'Seconds that our access tokens are good for.',
    ),
    issuers: setting(Type.Array(OAuthIssuer), [], 'Other authorization servers whose tokens are taken.'),
  }),
  profiles: group({
    seed: Type.Optional(setting(Text, undefined, 'YAML file of the profiles of a new store. Default: ours.')),
  }),
  sessions: group({
    maxDuration: setting(
      Type.Integer({ minimum: 1, maximum: 86_400 }),
      86_400,
      'Seconds that no session outlives, whatever its profile says.',
    ),
    conflicts: setting(
      oneOf([...CONFLICT_RULES]),
      'overlap',
      'What stands in the way of a new session: one with an overlapping flow of the same device (overlap), only of the ' +
        'same application too (own-overlap), or any of the device (device).',
    ),
    setUpTimeout: setting(
      Type.Integer({ minimum: 1, maximum: 3_600 }),
      30,
      'Seconds that a network has to grant a session.',
    ),
    createHoldMs: setting(Milliseconds, 1_000, 'Milliseconds that a create waits for the network before it answers.'),
    extendHoldMs: setting(Milliseconds, 2_000, 'Milliseconds that an extension waits for a session to be AVAILABLE.'),
  }),
  limits: group({
    requestsPerSecond: setting(
      PerSecond,
      500,
      'Requests per second of one application to one operation, in the long run. Gateways that share a store share ' +
        'them out.',
    ),
    burst: Type.Optional(
      setting(PerSecond, undefined, 'Requests that may come at once after a pause. Default: those of two seconds.'),
    ),
    operations: group(
      Object.fromEntries(
        OPERATIONS.map((operation) => [
          operation,
          Type.Optional(setting(PerSecond, undefined, `Requests per second to ${operation} alone. Default: as all.`)),
        ]),
      ),
    ),
    sessions: setting(Count, 100_000, 'Sessions that an application may have REQUESTED or AVAILABLE at a time.'),
    sessionsPerDevice: setting(
      Count,
      100,
      'Sessions that a device may have REQUESTED or AVAILABLE at a time, whoever asked for them. A list of the ' +
        'sessions of a device shows 100.',
    ),
  }),
  sinks: group({
    allow: setting(
      Prefixes,
      [],
      'Addresses that events may be delivered to although they are not public. (A sandbox always allows loopback.)',
    ),
    ca: Type.Optional(setting(Text, undefined, 'File of certificates to trust beside the public ones, PEM.')),
    proxy: Type.Optional(
      setting(
        Type.String({ pattern: '^https?://[^/?#]+/?$' }),
        undefined,
        'Proxy (http or https, with user:password@ if it wants them) through which all events leave. It is asked, by ' +
          'CONNECT, for addresses that were checked here.',
      ),
    ),
    nameServers: setting(
      Type.Array(Type.String({ format: 'name-server' })),
      [],
      "Name servers (an address, or address:port) that are asked for the hosts of sinks. Default: the system's.",
    ),
  }),
  history: group({
    days: setting(Type.Integer({ minimum: 1, maximum: 3_650 }), 7, 'Days that events of past sessions are kept.'),
  }),
  audit: group({
    days: setting(
      Type.Integer({ minimum: 1, maximum: 3_650 }),
      365,
      'Days that the audit log is kept: who did what by the admin API.',
    ),
  }),
  log: group({
    level: setting(oneOf(['debug', 'info', 'warn', 'error', 'silent']), 'info', 'How much is logged.'),
  }),
  networks: setting(
    Type.Array(
      alternatives([...NETWORK_KINDS], {
        type: 'object',
        required: ['kind'],
        discriminator: { propertyName: 'kind' },
      }),
    ),
    [],
    'The networks. Only in the file. A gateway needs at least one; a sandbox without one has a simulated network.',
  ),
})

export type Config = Static<typeof ConfigSchema>
export type SimulatorConfig = Static<typeof SimulatorNetwork>
export type LinuxConfig = Static<typeof LinuxNetwork>
export type RemoteConfig = Static<typeof RemoteNetwork>

/** One setting that flags and the environment can set. */
export interface Setting {
  /** As in the file: `listen.port`. */
  readonly path: string
  /** `--listen-port` */
  readonly flag: string
  /** `RIGHTOFWAY_LISTEN_PORT` */
  readonly env: string
  readonly type: 'string' | 'integer' | 'boolean' | 'list'
  readonly fallback: unknown
  readonly description: string
  readonly choices?: readonly string[]
  /** Of an integer. */
  readonly bounds?: readonly [minimum: number, maximum: number]
}

interface Node {
  type?: string
  properties?: Record<string, Node>
  description?: string
  default?: unknown
  enum?: string[]
  items?: Node
  minimum?: number
  maximum?: number
}

/** What flags and the environment have no words for. */
export const FILE_ONLY: readonly string[] = ['networks', 'oauth.issuers']

/** Every setting but those of {@link FILE_ONLY}, in the order of the schema. */
export const SETTINGS: readonly Setting[] = settingsOf(ConfigSchema as Node, [])

function settingsOf(node: Node, path: readonly string[]): Setting[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const here = [...path, name]
    if (child.properties !== undefined) return settingsOf(child, here)
    if (FILE_ONLY.includes(here.join('.'))) return []
    const words = here.map((part) => part.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)).join('-')
    const choices = child.enum ?? child.items?.enum
    return [
      {
        path: here.join('.'),
        flag: `--${words}`,
        env: `RIGHTOFWAY_${words.replaceAll('-', '_').toUpperCase()}`,
        type: child.type === 'array' ? 'list' : (child.type as Setting['type']),
        fallback: child.default,
        description: child.description ?? '',
        ...(choices && { choices }),
        ...(child.minimum !== undefined && child.maximum !== undefined && { bounds: [child.minimum, child.maximum] }),
      },
    ]
  })
}
