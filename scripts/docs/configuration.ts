// docs/reference/configuration.md, out of the schema that the configuration is checked by.

import {
  CamaraNetwork,
  CombinedNetwork,
  LinuxNetwork,
  NefNetwork,
  OAuthIssuer,
  PcfNetwork,
  RemoteNetwork,
  SETTINGS,
  type Setting,
  SimulatorNetwork,
} from '../../packages/gateway/src/config/schema.js'

export const file = 'docs/reference/configuration.md'

const TYPES: Record<Setting['type'], string> = {
  string: 'text',
  integer: 'a whole number',
  boolean: '`true` or `false`',
  list: 'a list',
}

function allowed({ type, choices, bounds }: Setting): string {
  const words = choices?.map((choice) => `\`${choice}\``).join(', ')
  if (words !== undefined) return type === 'list' ? `some of ${words}` : `one of ${words}`
  return bounds === undefined ? TYPES[type] : `${bounds[0]} to ${bounds[1]}`
}

function fallback({ fallback: value }: Setting): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return value.length === 0 ? 'Default: none.' : `Default: \`${value.join(', ')}\`.`
  return `Default: \`${String(value)}\`.`
}

const entry = (setting: Setting): string => `### \`${setting.path}\`

${[setting.description, fallback(setting)].filter((text) => text !== '').join(' ')}

\`${setting.flag}\`, \`${setting.env}\`: ${allowed(setting)}.
`

const member = ([name, { description = '', enum: choices }]: [string, Member]): string =>
  `- \`${name}\`: ${choices === undefined ? description : `${choices.map((choice) => `\`${choice}\``).join(' or ')}.`}`

interface Member {
  readonly description?: string
  readonly enum?: readonly string[]
}

const membersOf = ({ properties }: { properties: object }): string =>
  Object.entries(properties as Record<string, Member>)
    .map(member)
    .join('\n')

export function generate(): string {
  const port = SETTINGS.find(({ path }) => path === 'listen.port') as Setting
  return `# Configuration

Every setting can be set in a YAML file, in the environment, or by a flag of \`rightofway serve\`. A flag overrides
the environment, the environment overrides the file, and the file overrides the default. An invalid setting is refused
at the start, with its name and its source.

This page is printed from the schema (\`packages/gateway/src/config/schema.ts\`) by \`npm run docs\`.

The port to listen on, for example:

\`\`\`
rightofway serve ${port.flag} 8443
${port.env}=8443 rightofway serve
rightofway serve --config gateway.yaml
\`\`\`

\`\`\`yaml
# gateway.yaml; RIGHTOFWAY_CONFIG names it as well
listen:
  port: 8443
\`\`\`

In flags and in the environment the items of a list are separated by commas; an empty text is an empty list. A flag
for \`true\` or \`false\` can have no value: \`--sandbox\` is \`--sandbox true\`.

## Settings

${SETTINGS.map(entry).join('\n')}
## Networks

\`networks\` can be set in the file only. A gateway needs at least one network to start. Only a sandbox
(\`--sandbox\`) starts without one: it then has a simulated network with the id \`simulator\`.

\`\`\`yaml
networks:
  - kind: simulator
    id: campus
    devices: [10.0.0.0/8, "2001:db8::/32"]
    downlinkBps: 1000000000
    uplinkBps: 500000000
  - kind: simulator
    id: everywhere-else
\`\`\`

${membersOf(SimulatorNetwork)}

A network of kind \`linux\` is this machine, a router whose kernel gives sessions precedence
([how to run on a router](../operate/run-on-a-router.md)).

\`\`\`yaml
networks:
  - kind: linux
    id: edge
    towardsDevices:
      - interface: lan0
        capacityBps: 95000000
    towardsServers:
      interface: wan0
      capacityBps: 38000000
\`\`\`

${membersOf(LinuxNetwork)}

A network of kind \`camara\` is another CAMARA quality-on-demand endpoint, of an operator or of another gateway
([networks behind an API](../operate/networks-behind-an-api.md)).

\`\`\`yaml
callbacks:
  url: https://qod.example.com/from-networks
  listen: { port: 8081 }
networks:
  - kind: camara
    id: partner
    phoneNumbers: ["+3672"]
    url: https://qod.partner.example/quality-on-demand/v1
    tokenUrl: https://auth.partner.example/token
    clientId: example-com
    clientSecretFile: /etc/rightofway/partner.secret
    profiles: { QOS_L: PREMIUM }
\`\`\`

${membersOf(CamaraNetwork)}

A network of kind \`nef\` is a NEF or SCEF of a mobile core, asked by AsSessionWithQoS of TS 29.122
([networks behind an API](../operate/networks-behind-an-api.md#connect-a-nef-or-scef)).

\`\`\`yaml
callbacks:
  url: https://qod.example.com/from-networks
  listen: { port: 8081 }
networks:
  - kind: nef
    id: core
    devices: [10.45.0.0/16]
    url: https://nef.operator.example
    scsAsId: example-com
    tokenUrl: https://nef.operator.example/oauth2/token
    clientId: example-com
    clientSecretFile: /etc/rightofway/nef.secret
    qosReferences: { QOS_L: qod_l, QOS_E: qod_e }
\`\`\`

${membersOf(NefNetwork)}

A network of kind \`pcf\` is the PCF of a 5G core, asked by Npcf_PolicyAuthorization of TS 29.514
([networks behind an API](../operate/networks-behind-an-api.md#connect-the-pcf-of-a-5g-core)).

\`\`\`yaml
callbacks:
  listen: { host: 10.10.0.5, port: 8081 }
networks:
  - kind: pcf
    id: campus
    devices: [10.45.0.0/16]
    core: open5gs
    bsfUrl: http://10.10.0.15:7777
    nrfUrl: http://10.10.0.10:7777
    profiles:
      QOS_L: { qosReference: qod_l }
      QOS_E: { qosReference: qod_e }
\`\`\`

${membersOf(PcfNetwork)}

A network of kind \`combined\` keeps each session by several of the networks above at once
([networks behind an API](../operate/networks-behind-an-api.md#combine-networks)).

\`\`\`yaml
callbacks:
  listen: { host: 10.10.0.5, port: 8081 }
networks:
  - kind: combined
    id: campus
    devices: [10.45.0.0/16]
    parts: [core, n6]
  - kind: pcf
    id: core
    core: open5gs
    bsfUrl: http://10.10.0.15:7777
    nrfUrl: http://10.10.0.10:7777
    profiles: { QOS_L: { qosReference: qod_l } }
  - kind: linux
    id: n6
    towardsDevices: [{ interface: ogstun, capacityBps: 95000000 }]
    towardsServers: { interface: eth1, capacityBps: 95000000 }
\`\`\`

${membersOf(CombinedNetwork)}

Several gateways that share a store (\`store.url\`) must all know all networks. A network that only other gateways can
reach is of kind \`remote\`, with the same \`id\` and \`devices\` as there.

${membersOf(RemoteNetwork)}

## Issuers of access tokens

\`oauth.issuers\` can be set in the file only. [authentication.md](../operate/authentication.md) explains access tokens.

\`\`\`yaml
oauth:
  issuers:
    - id: idp
      issuer: https://idp.example.com
      audience: https://qod.example.com
      jwksUri: https://idp.example.com/jwks
      device: { claim: phone_number, kind: phoneNumber }
\`\`\`

${membersOf(OAuthIssuer)}
`
}
