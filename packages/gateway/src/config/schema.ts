// Every setting of the gateway: its type, its bounds, its default, and its description. The flags, the environment
// variables, the configuration file and docs/reference/configuration.md are all made from this.

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
  devices: Type.Optional(setting(Prefixes, undefined, 'Prefixes of its devices. Default: all other addresses.')),
  country: Type.Optional(
    setting(
      Type.String({ pattern: '^[A-Z]{2}$' }),
      undefined,
      'ISO 3166-1 alpha-2 code; profiles can be limited to countries.',
    ),
  ),
  plmn: Type.Optional(
    setting(Type.String({ pattern: '^[0-9]{5,6}$' }), undefined, 'MCC and MNC; profiles can be limited to networks.'),
  ),
}

export const SimulatorNetwork = Type.Object(
  {
    kind: oneOf(['simulator']),
    ...anyNetwork,
    downlinkBps: Type.Optional(
      setting(Bps, undefined, 'Bits per second that it can guarantee towards devices. Default: 100 Gbit/s.'),
    ),
    uplinkBps: Type.Optional(
      setting(Bps, undefined, 'Bits per second that it can guarantee from devices. Default: 100 Gbit/s.'),
    ),
    maxFlowRules: Type.Optional(
      setting(
        Type.Integer({ minimum: 1, maximum: 65_536 }),
        undefined,
        'Maximum number of rules of one flow. Default: 64.',
      ),
    ),
    url: Type.Optional(
      setting(
        Type.String({ pattern: '^https?://[^/?#]+/?$', format: 'http-url' }),
        undefined,
        'URL of a simulated network that several gateways share (`rightofway simulator`); the rates are set ' +
          'there. Default: its own simulated network, in dataDir.',
      ),
    ),
  },
  { additionalProperties: false },
)

/** IFNAMSIZ of Linux without the terminating zero; and no character that has a meaning in the input of nft or tc. */
const Interface = Type.String({ pattern: '^[^\\s/:"\'\\\\#]{1,15}$' })
/**
 * The rates that HTB can represent: a lower rate is zero to it, and the burst of a higher one overflows its 32 bits.
 */
const LinkBps = Type.Integer({ minimum: 8_000, maximum: 1_000_000_000_000 })
const CAPACITY =
  'Bits per second that it may send, 8000 to 1000000000000. Set it a little below the rate of the slowest link ' +
  'behind it, so that packets queue here.'

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
            devices: Type.Optional(setting(Prefixes, undefined, 'Prefixes behind it. Default: all other addresses.')),
          },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: 64 },
      ),
      undefined,
      'Interfaces towards devices, each with its `interface` (a name), its `capacityBps` (bits per second that ' +
        'it may send, a little below the rate of the slowest link behind it) and, if there are several, its ' +
        '`devices` (prefixes).',
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
      'Share of each capacity that is reserved for the default class (packets without a session), 0 to 0.99. ' +
        'Default: 0.1.',
    ),
    maxSessions: setting(
      Type.Integer({ minimum: 1, maximum: 50_000 }),
      10_000,
      'Maximum number of sessions, 1 to 50000. Default: 10000.',
    ),
    ipv6PrefixLength: setting(
      Type.Integer({ minimum: 1, maximum: 128 }),
      64,
      'Length of the IPv6 prefix of a device. Sessions of such devices are the cheapest. Default: 64.',
    ),
    dscp: setting(
      Type.Boolean(),
      false,
      'Whether packets of sessions are marked with the DSCP of their service class. Default: `false`.',
    ),
    reassemble: setting(
      Type.Boolean(),
      true,
      'Whether fragments are reassembled before classification, and ICMP errors go with their flow. Otherwise fragments ' +
        'of flows with ports are not classified. Uses connection tracking. Default: `true`.',
    ),
    nat: setting(
      Type.Boolean(),
      false,
      'Whether this machine does NAT. Devices are then also found by the public address and port of a ' +
        'connection, with conntrack. Default: `false`.',
    ),
    takeover: setting(
      Type.Boolean(),
      false,
      'Whether an existing root qdisc may be replaced; `rightofway network teardown` restores it. Default: `false`.',
    ),
  },
  { additionalProperties: false },
)

export const RemoteNetwork = Type.Object(
  {
    kind: oneOf(['remote']),
    ...anyNetwork,
    maxFlowRules: Type.Optional(
      setting(
        Type.Integer({ minimum: 1, maximum: 65_536 }),
        undefined,
        'Maximum number of rules of one flow. Default: 64.',
      ),
    ),
  },
  { additionalProperties: false },
)

const HttpUrl = Type.String({ pattern: '^https?://[^/?#]+(/[^?#]*[^/?#])?$', format: 'http-url', maxLength: 2_048 })
const SecretText = Type.String({ minLength: 1, maxLength: 8_192, pattern: '^[\\x21-\\x7e]+$' })

/** The client settings of a network behind an API. */
const behindApi = {
  timeoutMs: setting(
    Type.Integer({ minimum: 100, maximum: 60_000 }),
    10_000,
    'Milliseconds that it has to answer a request, 100 to 60000. Default: 10000.',
  ),
  maxFlowRules: setting(
    Type.Integer({ minimum: 1, maximum: 65_536 }),
    64,
    'Rules that one flow may need. Default: 64.',
  ),
  ca: Type.Optional(setting(Text, undefined, 'File of certificates to trust instead of the public ones, PEM.')),
  clientCert: Type.Optional(setting(Text, undefined, 'File of the certificate that it is shown (mTLS), PEM.')),
  clientKey: Type.Optional(setting(Text, undefined, "File of that certificate's key, PEM.")),
}

/** How we authenticate to it. */
const accessTokens = {
  token: Type.Optional(setting(SecretText, undefined, 'Token that every request carries (`Authorization: Bearer`).')),
  tokenFile: Type.Optional(setting(Text, undefined, 'File of that token, instead of the token itself.')),
  tokenUrl: Type.Optional(
    setting(
      HttpUrl,
      undefined,
      'Token endpoint of its authorization server: tokens are asked for there with client credentials (RFC 6749 ' +
        'section 4.4).',
    ),
  ),
  clientId: Type.Optional(setting(Text, undefined, 'This gateway, as that server knows it.')),
  clientSecret: Type.Optional(setting(SecretText, undefined, 'Its secret.')),
  clientSecretFile: Type.Optional(
    setting(
      Text,
      undefined,
      'File of the secret, instead of the secret itself. Without either the gateway signs an assertion ' +
        '(`private_key_jwt`, RFC 7523); its keys are published at `/jwks.json`.',
    ),
  ),
  scope: Type.Optional(setting(Text, undefined, 'Scopes that are asked for, between spaces. Default: none.')),
  audience: Type.Optional(setting(Text, undefined, '`aud` of the assertion. Default: `tokenUrl`.')),
}

export const CamaraNetwork = Type.Object(
  {
    kind: oneOf(['camara']),
    ...anyNetwork,
    phoneNumbers: Type.Optional(
      setting(
        Type.Array(Type.String({ pattern: '^\\+[1-9][0-9]{0,14}$' }), { minItems: 1, uniqueItems: true }),
        undefined,
        'Devices whose phone number begins so are on it, such as `+3672`; the longest beginning counts, and `devices` ' +
          'of any network before it.',
      ),
    ),
    url: setting(
      HttpUrl,
      undefined,
      'Base URL of its quality-on-demand API, such as https://qod.example.com/quality-on-demand/v1; https, or http on a ' +
        'loopback.',
    ),
    profiles: setting(
      Type.Record(Type.String({ minLength: 1, maxLength: 256 }), Type.String({ minLength: 1, maxLength: 256 })),
      {},
      'Its profiles by the names of ours. Default: the same names.',
    ),
    identifiers: setting(
      Type.Array(oneOf(['phoneNumber', 'ipv4Address', 'ipv6Address']), { minItems: 1, uniqueItems: true }),
      ['phoneNumber', 'ipv4Address', 'ipv6Address'],
      'How devices are named there, the preferred one first: the first that is known of a device is sent. Default: ' +
        '`phoneNumber, ipv4Address, ipv6Address`.',
    ),
    addressLists: setting(
      Type.Boolean(),
      false,
      'Whether it takes lists of addresses of servers (`ipAddresses`, since CAMARA 1.2). Default: `false`; a session ' +
        'with such a list is refused.',
    ),
    ...behindApi,
    ...accessTokens,
  },
  { additionalProperties: false },
)

const NEF_DIALECTS = ['release17', 'release18', 'ericsson', 'oracle', 'eurecom', 'medianetlab', 'iavcoelho'] as const

const ProfileName = Type.String({ minLength: 1, maxLength: 256 })

/** How a mobile core identifies a PDU session. */
const pduSession = {
  dnn: Type.Optional(setting(Text, undefined, 'DNN that is sent beside the address. Default: none.')),
  snssai: Type.Optional(
    setting(
      Type.Object(
        {
          sst: Type.Integer({ minimum: 0, maximum: 255 }),
          sd: Type.Optional(Type.String({ pattern: '^[A-Fa-f0-9]{6}$' })),
        },
        { additionalProperties: false },
      ),
      undefined,
      'Slice that is sent beside the address: `sst` and `sd`. Default: none.',
    ),
  ),
  ipDomain: Type.Optional(
    setting(Text, undefined, 'Whose addresses they are, where those of several networks overlap. Default: none.'),
  ),
  portRanges: setting(
    Type.Boolean(),
    false,
    'Whether it takes ranges of ports, which the specification has not. Default: `false`; a session with one is refused.',
  ),
}

export const NefNetwork = Type.Object(
  {
    kind: oneOf(['nef']),
    ...anyNetwork,
    url: setting(
      HttpUrl,
      undefined,
      'What stands before `/3gpp-as-session-with-qos/v1` in its URLs (`apiRoot`); https, or http on a loopback or a ' +
        'private address.',
    ),
    scsAsId: setting(Type.String({ minLength: 1, maxLength: 256 }), undefined, 'This gateway, as it is known there.'),
    dialect: setting(
      oneOf([...NEF_DIALECTS]),
      'release17',
      `Whose NEF or SCEF it is: ${NEF_DIALECTS.join(', ')}. Default: \`release17\`.`,
    ),
    qosReferences: setting(
      Type.Record(ProfileName, ProfileName),
      {},
      '`qosReference` by the names of our profiles; of `medianetlab` it is a 5QI, a number. Default: the same names.',
    ),
    grant: setting(
      oneOf(['onCreated', 'onAllocated']),
      'onCreated',
      'What makes a session AVAILABLE: `onCreated`, that the subscription is made; `onAllocated`, that the network has ' +
        'told of SUCCESSFUL_RESOURCES_ALLOCATION. Default: `onCreated`.',
    ),
    ...pduSession,
    ...behindApi,
    ...accessTokens,
  },
  { additionalProperties: false },
)

const MEDIA_TYPES = ['AUDIO', 'VIDEO', 'DATA', 'APPLICATION', 'CONTROL', 'TEXT', 'MESSAGE', 'OTHER'] as const

export const PcfNetwork = Type.Object(
  {
    kind: oneOf(['pcf']),
    ...anyNetwork,
    url: Type.Optional(
      setting(HttpUrl, undefined, 'URL of the PCF, such as http://127.0.0.13:7777, for all devices; or `bsfUrl`.'),
    ),
    bsfUrl: Type.Optional(
      setting(HttpUrl, undefined, 'URL of the BSF, which says for each device which PCF it has; or `url`.'),
    ),
    nrfUrl: Type.Optional(
      setting(
        HttpUrl,
        undefined,
        'URL of the NRF, which says whether a PCF has been restarted. Required with `core: open5gs`, whose ids begin ' +
          'again from 1 then.',
      ),
    ),
    nfInstanceId: Type.Optional(
      setting(
        Type.String({ format: 'uuid' }),
        undefined,
        'This gateway, as the NRF knows it: every request carries an access token of the NRF then. Default: none does.',
      ),
    ),
    core: setting(
      oneOf(['open5gs', 'free5gc', 'standard']),
      'standard',
      'Whose PCF it is: open5gs, free5gc, or standard (TS 29.514). Default: `standard`.',
    ),
    profiles: setting(
      Type.Record(
        ProfileName,
        Type.Object(
          { qosReference: Type.Optional(ProfileName), medType: Type.Optional(oneOf([...MEDIA_TYPES])) },
          { additionalProperties: false },
        ),
      ),
      {},
      '`qosReference` and `medType` by the names of our profiles. Default: the same name as `qosReference`; `medType` is ' +
        'VIDEO for a profile with a guaranteed rate, and with `core: open5gs`, else DATA.',
    ),
    grant: setting(
      oneOf(['onCreated', 'onAllocated']),
      'onCreated',
      'What makes a session AVAILABLE: `onCreated`, that the PCF has taken it; `onAllocated`, that it has told of ' +
        'SUCCESSFUL_RESOURCES_ALLOCATION, with `core: standard`. Default: `onCreated`.',
    ),
    ...pduSession,
    ...behindApi,
  },
  { additionalProperties: false },
)

const NetworkIds = (minItems: number) => Type.Array(Text, { minItems, maxItems: 8, uniqueItems: true })

export const CombinedNetwork = Type.Object(
  {
    kind: oneOf(['combined']),
    ...anyNetwork,
    parts: setting(
      NetworkIds(2),
      undefined,
      'The networks that keep each session together, by their `id`, in the order in which they are asked. They have no ' +
        '`devices` of their own.',
    ),
    required: Type.Optional(
      setting(
        NetworkIds(1),
        undefined,
        'Parts without which there is no session. Where another one refuses or loses it, the session goes on, and ' +
          '`/readyz` warns. Default: all parts.',
      ),
    ),
  },
  { additionalProperties: false },
)

const NETWORK_KINDS = [
  SimulatorNetwork,
  LinuxNetwork,
  CamaraNetwork,
  NefNetwork,
  PcfNetwork,
  CombinedNetwork,
  RemoteNetwork,
] as const

const networkOf = <const S extends TSchema[]>(kinds: [...S]) =>
  alternatives(kinds, { type: 'object', required: ['kind'], discriminator: { propertyName: 'kind' } })

export const OAuthIssuer = Type.Object(
  {
    id: setting(
      Type.String({ pattern: '^[A-Za-z0-9-]{1,20}$' }),
      undefined,
      'Id of the issuer here: its client `shop` is the application `<id>.shop`.',
    ),
    issuer: setting(Type.String({ format: 'uri', maxLength: 2_048 }), undefined, '`iss` of its tokens.'),
    audience: setting(Text, undefined, 'Required value in `aud`: this gateway, as the issuer knows it.'),
    jwksUri: setting(
      Type.String({ format: 'http-url', maxLength: 2_048 }),
      undefined,
      'URL of its keys; https, or http on a loopback. Keys are cached for ten minutes, and fetched again for a ' +
        'token with an unknown key, at most every 30 s.',
    ),
    applicationClaim: setting(Text, 'client_id', 'Claim with the client. Default: `client_id`.'),
    scopeClaim: setting(Text, 'scope', 'Claim with the scopes, a text or a list. Default: `scope`.'),
    subjectClaim: setting(
      Text,
      'sub',
      'Claim with the subscriber, who owns sessions together with the client; stored as a keyed hash. Default: `sub`.',
    ),
    purpose: setting(
      oneOf(['optional', 'required']),
      'optional',
      'Whether the scopes of each token must name exactly one purpose of the W3C Data Privacy Vocabulary, such as ' +
        '`dpv:RequestedServiceProvision` (CAMARA Security and Interoperability Profile). Default: `optional`.',
    ),
    device: Type.Optional(
      Type.Object(
        {
          claim: setting(Text, undefined, 'Name of the claim.'),
          kind: setting(oneOf([...IDENTIFIER_KINDS]), undefined, 'Kind of identifier in it.'),
        },
        {
          additionalProperties: false,
          description:
            '`claim` and `kind`: the claim that identifies the device of a token, and the kind of identifier in ' +
            'it. A token with this claim is three-legged. Default: no token is.',
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
    'Run as a sandbox for tests: simulated networks, a clock that can be moved, loopback only.',
  ),
  name: Type.Optional(
    setting(
      Text,
      undefined,
      'Name of this gateway among the gateways that share a store. Default: the name of the host.',
    ),
  ),
  store: group({
    url: Type.Optional(
      setting(
        Text,
        undefined,
        'PostgreSQL database that several gateways share: postgresql://user:password@host:5432/database. Several ' +
          'hosts are separated by commas, for failover. `?sslmode=verify-full` and the other modes of libpq are ' +
          'supported. Default: a file in dataDir, for one gateway.',
      ),
    ),
    startTimeout: setting(
      Type.Integer({ minimum: 0, maximum: 86_400 }),
      600,
      'Seconds that a start waits for a database that does not answer yet; 0 does not wait. Then `serve` ends with exit ' +
        'code 3.',
    ),
    durable: setting(
      Type.Boolean(),
      true,
      'Whether a session is on disk before it is answered. `false` loses sessions in a power cut, and is allowed ' +
        'only in a sandbox.',
    ),
  }),
  publicUrl: Type.Optional(
    setting(
      Type.String({ pattern: '^https?://[^/?#]+(/[^?#]*[^/?#])?$', format: 'http-url' }),
      undefined,
      'URL of this gateway for applications, the same on all gateways; it is in the source of events. Default: ' +
        'the address it listens on.',
    ),
  ),
  listen: group({
    host: setting(Text, '127.0.0.1', 'Address to listen on.'),
    port: setting(Type.Integer({ minimum: 0, maximum: 65_535 }), 8080, 'Port to listen on; 0 chooses a free one.'),
    plainHttp: setting(Type.Boolean(), false, 'Listen without TLS beyond loopback, for a proxy in front that has TLS.'),
    trustProxy: setting(Prefixes, [], 'Proxies (addresses or prefixes) whose X-Forwarded-* headers are trusted.'),
    requestTimeout: setting(
      Type.Integer({ minimum: 1, maximum: 3_600 }),
      30,
      'Time limit in seconds for receiving a request with its body. A later request is answered 408 and its ' +
        'connection is closed.',
    ),
    keepAliveTimeout: setting(
      Type.Integer({ minimum: 1, maximum: 3_600 }),
      72,
      'Seconds after which an idle connection is closed. The idle timeout of a proxy in front should be shorter.',
    ),
    maxConnections: setting(
      Type.Integer({ minimum: 1, maximum: 1_000_000 }),
      10_000,
      'Maximum number of connections; further ones are closed at once.',
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
          'https://app.example; `*` is every origin. Cookies from them are never accepted. Default: none.',
      ),
    }),
  }),
  callbacks: group({
    url: Type.Optional(
      setting(
        HttpUrl,
        undefined,
        'URL by which networks behind an API know the listener for their messages; a proxy may be in front of it. ' +
          'Default: where it listens.',
      ),
    ),
    allow: setting(
      Prefixes,
      [],
      'Addresses from which such messages are taken. Default: all; each has a URL that cannot be guessed.',
    ),
    listen: group({
      host: setting(Text, '127.0.0.1', 'Address to listen on for messages of networks behind an API.'),
      port: Type.Optional(
        setting(
          Type.Integer({ minimum: 0, maximum: 65_535 }),
          undefined,
          'Port to listen on for such messages; 0 takes a free one. Default: none; networks are asked instead how it stands.',
        ),
      ),
      tlsCert: Type.Optional(
        setting(
          Text,
          undefined,
          'File of its certificate chain, PEM. Default: plain HTTP/1.1, and HTTP/2 with prior knowledge (h2c).',
        ),
      ),
      tlsKey: Type.Optional(setting(Text, undefined, "File of that certificate's key, PEM.")),
      clientCa: Type.Optional(
        setting(
          Text,
          undefined,
          'File of who signs the certificates of networks (mTLS), PEM. Default: they need none.',
        ),
      ),
    }),
  }),
  admin: group({
    socket: Type.Optional(
      setting(
        Text,
        undefined,
        'Unix socket of the admin API. Whoever can open it has all rights. Default: in dataDir.',
      ),
    ),
  }),
  dashboard: group({
    enabled: setting(
      Type.Boolean(),
      true,
      'Whether the dashboard, and the admin API behind its sign-in, are served on the same address as the APIs ' +
        'of applications.',
    ),
    signInHours: setting(
      Type.Integer({ minimum: 1, maximum: 720 }),
      12,
      'Hours after which a browser must sign in again.',
    ),
    oidc: group({
      issuer: Type.Optional(
        setting(
          Type.String({ format: 'http-url', maxLength: 2_048 }),
          undefined,
          'OpenID provider for signing in to the dashboard; https, or http on a loopback. Default: none.',
        ),
      ),
      label: setting(
        Type.String({ minLength: 1, maxLength: 60 }),
        'single sign-on',
        'Display name of the provider, in the button "Sign in with ...".',
      ),
      clientId: Type.Optional(setting(Text, undefined, 'Client id of this gateway at the provider.')),
      clientSecret: Type.Optional(setting(Text, undefined, 'Client secret. Default: none, for a public client.')),
      clientSecretFile: Type.Optional(
        setting(Text, undefined, 'File with the client secret, instead of the secret itself.'),
      ),
      scopes: setting(
        Type.Array(Type.String({ pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$' }), { uniqueItems: true }),
        ['openid', 'profile'],
        'Scopes to request from the provider; must include `openid`.',
      ),
      nameClaim: setting(Text, 'preferred_username', 'Claim with the display name of a person.'),
      roleClaim: setting(
        Text,
        'groups',
        'Claim with the role of a person, a text or a list; dots lead into objects (`realm_access.roles`). It is ' +
          'read from the ID token, or else from the userinfo endpoint.',
      ),
      viewers: setting(RoleValues, [], 'Values of the role claim that make a viewer.'),
      operators: setting(RoleValues, [], 'Values of the role claim that make an operator.'),
      admins: setting(RoleValues, [], 'Values of the role claim that make an admin. The highest role counts.'),
    }),
  }),
  metrics: group({
    allow: setting(Prefixes, ['127.0.0.0/8', '::1/128'], 'Addresses or prefixes that may read /metrics.'),
  }),
  keyring: group({
    file: Type.Optional(setting(Text, undefined, 'File of the keys that encrypt stored secrets. Default: in dataDir.')),
    keys: Type.Optional(
      setting(
        Text,
        undefined,
        'The keys instead of a file, the current one first: 32 bytes each, base64, separated by commas.',
      ),
    ),
  }),
  directory: group({
    kind: setting(
      oneOf(['store', 'open', 'nef']),
      'store',
      'Which devices exist. store: those in the store. open: every address in directory.prefixes. nef: these addresses, ' +
        'and each phone number and network access identifier that has one of them at a NEF.',
    ),
    prefixes: setting(Prefixes, [], 'For an open directory, or one at a NEF: the addresses that are devices.'),
    network: Type.Optional(
      setting(Text, undefined, 'For a directory at a NEF: the network of kind `nef` that is asked, by its id.'),
    ),
    cacheSeconds: setting(
      Type.Integer({ minimum: 0, maximum: 3_600 }),
      60,
      'For a directory at a NEF: seconds for which the addresses of a device are used, 0 to 3600.',
    ),
    ipv6PrefixLength: setting(
      Type.Integer({ minimum: 1, maximum: 128 }),
      64,
      'For an open directory: length of the IPv6 prefix of a device.',
    ),
    identifiers: setting(
      Type.Array(oneOf([...IDENTIFIER_KINDS]), { uniqueItems: true, minItems: 1 }),
      [...IDENTIFIER_KINDS],
      'Supported kinds of device identifiers.',
    ),
  }),
  oauth: group({
    server: Type.Optional(
      setting(
        Type.Boolean(),
        undefined,
        'Whether the gateway is itself an authorization server, at /oauth2. Default: in a sandbox only.',
      ),
    ),
    consent: Type.Optional(
      setting(
        oneOf(['automatic', 'recorded']),
        undefined,
        'Subscribers for whom the gateway issues tokens: all (automatic), or those whose consent an operator has ' +
          'recorded (recorded). Default: recorded; in a sandbox automatic.',
      ),
    ),
    profile: setting(
      oneOf(['oauth', 'camara']),
      'oauth',
      'Scopes of requests for tokens: oauth (RFC 6749) answers client credentials without a scope with all scopes of the ' +
        'client; camara (Security and Interoperability Profile) requires a scope with exactly one dpv: purpose.',
    ),
    tokenLifetime: setting(
      Type.Integer({ minimum: 30, maximum: 86_400 }),
      600,
      'Lifetime of issued access tokens in seconds.',
    ),
    requestsPerSecond: setting(
      PerSecond,
      50,
      'Sustained requests per second to /oauth2 of one client, and of one address (IPv6: /64) for all clients that were ' +
        'not served from it yet; twice as many at once. Counted by each gateway for itself.',
    ),
    issuers: setting(Type.Array(OAuthIssuer), [], 'Other authorization servers whose tokens are accepted.'),
  }),
  profiles: group({
    seed: Type.Optional(
      setting(Text, undefined, 'YAML file with the profiles of a new store. Default: the built-in profiles.'),
    ),
  }),
  sessions: group({
    maxDuration: setting(
      Type.Integer({ minimum: 1, maximum: 86_400 }),
      86_400,
      'Maximum duration of any session in seconds, whatever its profile allows.',
    ),
    conflicts: setting(
      oneOf([...CONFLICT_RULES]),
      'overlap',
      'Which session conflicts with a new one: one with an overlapping flow of the same device (overlap), only ' +
        'if it is of the same application (own-overlap), or any session of the device (device).',
    ),
    setUpTimeout: setting(
      Type.Integer({ minimum: 1, maximum: 3_600 }),
      30,
      'Time limit in seconds for a network to grant a session.',
    ),
    createHoldMs: setting(
      Milliseconds,
      1_000,
      'Milliseconds that a create waits for the network before it is answered.',
    ),
    extendHoldMs: setting(Milliseconds, 2_000, 'Milliseconds that an extension waits for a session to be AVAILABLE.'),
  }),
  limits: group({
    requestsPerSecond: setting(
      PerSecond,
      500,
      'Sustained requests per second of one application to one operation. Gateways that share a store divide the ' +
        'rate among them.',
    ),
    burst: Type.Optional(
      setting(
        PerSecond,
        undefined,
        'Burst: requests that may come at once after a pause. Default: the requests of two seconds.',
      ),
    ),
    operations: group(
      Object.fromEntries(
        OPERATIONS.map((operation) => [
          operation,
          Type.Optional(
            setting(PerSecond, undefined, `Requests per second to ${operation}. Default: limits.requestsPerSecond.`),
          ),
        ]),
      ),
    ),
    sessions: setting(Count, 100_000, 'Maximum number of sessions of an application that are REQUESTED or AVAILABLE.'),
    sessionsPerDevice: setting(
      Count,
      100,
      'Maximum number of sessions of a device that are REQUESTED or AVAILABLE, counting those of all ' +
        'applications. A list of the sessions of a device shows 100.',
    ),
  }),
  sinks: group({
    allow: setting(
      Prefixes,
      [],
      'Addresses that are not public, but to which events may be delivered. (A sandbox always allows loopback.)',
    ),
    ca: Type.Optional(setting(Text, undefined, 'File with certificates to trust in addition to the public ones, PEM.')),
    proxy: Type.Optional(
      setting(
        Type.String({ pattern: '^https?://[^/?#]+/?$', format: 'http-url' }),
        undefined,
        'Proxy (http or https, with user:password@ if required) for all events. The gateway checks an address ' +
          'first and then requests it by CONNECT.',
      ),
    ),
    nameServers: setting(
      Type.Array(Type.String({ format: 'name-server' })),
      [],
      'Name servers (an address, or address:port) for the hosts of sinks. Default: those of the system.',
    ),
  }),
  history: group({
    days: setting(Type.Integer({ minimum: 1, maximum: 3_650 }), 7, 'Days for which events of past sessions are kept.'),
  }),
  audit: group({
    days: setting(
      Type.Integer({ minimum: 1, maximum: 3_650 }),
      365,
      'Days for which entries of the audit log are kept.',
    ),
  }),
  log: group({
    level: setting(oneOf(['debug', 'info', 'warn', 'error', 'silent']), 'info', 'Lowest level that is logged.'),
  }),
  networks: setting(
    Type.Array(networkOf([...NETWORK_KINDS])),
    [],
    'The networks; can be set in the file only. A gateway needs at least one. A sandbox without one has a ' +
      'simulated network.',
  ),
})

/** By their kinds of networks. */
const schemas = new Map<string, TSchema>()

/**
 * The schema of configurations with networks of these kinds: a validator of all kinds takes long to compile. The same
 * kinds return the same schema.
 * @returns the schema of all kinds, if one is not known
 */
export function configSchemaFor(kinds: ReadonlySet<unknown>): TSchema {
  const named = NETWORK_KINDS.filter((network) => network.properties.kind.enum.some((kind) => kinds.has(kind)))
  if (named.length !== kinds.size) return ConfigSchema
  const key = named.map((network) => network.properties.kind.enum.join()).join()
  const known = schemas.get(key)
  if (known !== undefined) return known
  const { networks } = ConfigSchema.properties
  const some = { ...networks, ...(named.length === 0 ? { maxItems: 0 } : { items: networkOf(named) }) }
  const schema = { ...ConfigSchema, properties: { ...ConfigSchema.properties, networks: some } } as TSchema
  schemas.set(key, schema)
  return schema
}

export type Config = Static<typeof ConfigSchema>
export type SimulatorConfig = Static<typeof SimulatorNetwork>
export type LinuxConfig = Static<typeof LinuxNetwork>
export type CamaraConfig = Static<typeof CamaraNetwork>
export type NefConfig = Static<typeof NefNetwork>
export type PcfConfig = Static<typeof PcfNetwork>
export type CombinedConfig = Static<typeof CombinedNetwork>
/** A network behind an API that takes access tokens. */
export type TokenConfig = CamaraConfig | NefConfig
/** A network behind an API. */
export type ApiConfig = TokenConfig | PcfConfig

export const isBehindApi = (network: Config['networks'][number]): network is ApiConfig =>
  network.kind === 'camara' || network.kind === 'nef' || network.kind === 'pcf'

/** A setting that flags and the environment can set. */
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

/** Settings that only the configuration file can set. */
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
