// The behaviour of the core that is the same for every request.

import Type, { type Static } from 'typebox'

/** The simulated PCF (`docs` of the simulator describe the differences). */
export const CORES = ['open5gs', 'free5gc', 'standard'] as const
export type CoreName = (typeof CORES)[number]

/** The simulated NEF or SCEF. */
export const DIALECTS = ['release17', 'release18', 'ericsson', 'oracle', 'eurecom', 'medianetlab', 'iavcoelho'] as const
export type DialectName = (typeof DIALECTS)[number]

const oneOf = <T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], description })

const closed = { additionalProperties: false } as const

/** The protocols for callbacks: `h2c` is HTTP/2 with prior knowledge. */
const Protocol = oneOf(['h2c', 'http/1.1'], 'For http URLs. An https URL is asked over TLS, in what both sides know.')
export type Protocol = Static<typeof Protocol>

const BitsPerSecond = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description })

const QosReference = Type.Object(
  {
    fiveQi: Type.Integer({ minimum: 1, maximum: 255, description: 'TS 23.501 table 5.7.4-1' }),
    downlinkBps: Type.Optional(BitsPerSecond('Guaranteed towards the device by the NEF.')),
    uplinkBps: Type.Optional(BitsPerSecond('Guaranteed from the device by the NEF.')),
  },
  closed,
)

const Client = Type.Object({ id: Type.String({ minLength: 1 }), secret: Type.String({ minLength: 1 }) }, closed)

export const Settings = Type.Object(
  {
    core: oneOf(CORES, 'Whose PCF and BSF are played.'),
    dialect: oneOf(DIALECTS, 'Whose NEF or SCEF is played.'),
    pools: Type.Array(Type.String(), {
      description: 'Prefixes. Each of their addresses has a PDU session, unless it was ended.',
    }),
    dnn: Type.String({ minLength: 1, description: 'Of the PDU sessions in the pools.' }),
    qosReferences: Type.Record(Type.String(), QosReference, { description: 'What `qosReference` may name.' }),
    pccRules: Type.Array(Type.Integer({ minimum: 1, maximum: 255 }), {
      description: 'The 5QIs that the policy of the subscribers allows. Open5GS refuses others.',
    }),
    capacity: Type.Optional(
      Type.Union(
        [
          Type.Object(
            { downlinkBps: BitsPerSecond('Towards devices.'), uplinkBps: BitsPerSecond('From devices.') },
            closed,
          ),
          Type.Null(),
        ],
        { description: 'What can be guaranteed to all together: what goes beyond it is refused. Null: no limit.' },
      ),
    ),
    authorization: Type.Array(oneOf(['pcf', 'bsf', 'nef', 'ue-address', 'nrf'], 'A door that wants an access token.')),
    clients: Type.Array(Client, { description: 'Who gets access tokens. Empty: anybody.' }),
    tokenLifetimeS: Type.Integer({ minimum: 1, maximum: 86_400 }),
    outcome: oneOf(
      ['allocated', 'failed', 'none'],
      'What is said after a create to who asked to be told, where the dialect tells it.',
    ),
    notifications: Type.Object({ pcf: Protocol, nef: Protocol }, closed),
  },
  closed,
)
export type Settings = Static<typeof Settings>

export const SettingsPatch = Type.Partial(Settings)
export type SettingsPatch = Static<typeof SettingsPatch>

/** The pools of a fresh Open5GS, and the four profiles of a fresh gateway. */
export const DEFAULT_SETTINGS: Settings = {
  core: 'open5gs',
  dialect: 'release17',
  pools: ['10.45.0.0/16', '2001:db8:cafe::/48'],
  dnn: 'internet',
  qosReferences: {
    qod_e: { fiveQi: 3 },
    qod_s: { fiveQi: 1 },
    qod_m: { fiveQi: 4 },
    qod_l: { fiveQi: 2 },
  },
  pccRules: [1, 2, 3, 4, 5],
  authorization: [],
  clients: [],
  tokenLifetimeS: 3600,
  outcome: 'allocated',
  notifications: { pcf: 'h2c', nef: 'http/1.1' },
}
