// The requests of an application function to a NEF or SCEF (TS 29.122 section 5.14), as far as a core checks them.

import Type, { type Static, type TProperties } from 'typebox'

const Text = Type.String()
const optional = Type.Optional
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

const FlowInfo = Type.Object({
  flowId: Type.Integer(),
  flowDescriptions: optional(Type.Array(Text, { minItems: 1, maxItems: 2 })),
})

const Snssai = Type.Object({
  sst: Type.Integer({ minimum: 0, maximum: 255 }),
  sd: optional(Type.String({ pattern: '^[A-Fa-f0-9]{6}$' })),
})

/** Seconds, and bytes. */
const Amount = Type.Integer()
const AMOUNTS = ['duration', 'totalVolume', 'downlinkVolume', 'uplinkVolume'] as const
const UsageThreshold = Type.Object(Object.fromEntries(AMOUNTS.map((name) => [name, optional(Amount)])))
const UsageThresholdPatch = Type.Object(Object.fromEntries(AMOUNTS.map((name) => [name, optional(nullable(Amount))])))

const Flows = Type.Array(FlowInfo, { minItems: 1 })
const Events = Type.Array(Text, { minItems: 1 })

const RELEASE_17 = {
  self: optional(Text),
  notificationDestination: Text,
  supportedFeatures: optional(Type.String({ pattern: '^[A-Fa-f0-9]*$' })),
  dnn: optional(Text),
  snssai: optional(Snssai),
  exterAppId: optional(Text),
  flowInfo: optional(Flows),
  qosReference: optional(Text),
  altQoSReferences: optional(Type.Array(Text, { minItems: 1 })),
  disUeNotif: optional(Type.Boolean()),
  ueIpv4Addr: optional(Type.String({ format: 'ipv4-address' })),
  ueIpv6Addr: optional(Type.String({ format: 'ipv6-address' })),
  ipDomain: optional(Text),
  macAddr: optional(Type.String({ pattern: '^([0-9a-fA-F]{2})((-[0-9a-fA-F]{2}){5})$' })),
  usageThreshold: optional(UsageThreshold),
  directNotifInd: optional(Type.Boolean()),
  requestTestNotification: optional(Type.Boolean()),
  events: optional(Events),
}

const RELEASE_18 = { ...RELEASE_17, gpsi: optional(Text), qosDuration: optional(Type.Integer()) }

const ERICSSON = { ...RELEASE_17, expirationTime: optional(Type.String({ format: 'date-time' })) }

/** The medianetlab emulator has other names for addresses, and numbers for references. */
const MEDIANETLAB = {
  notificationDestination: Text,
  ipv4Addr: optional(Type.String({ format: 'ipv4-address' })),
  ipv6Addr: optional(Type.String({ format: 'ipv6-address' })),
  macAddr: optional(Text),
  dnn: optional(Text),
  snssai: optional(Snssai),
  qosReference: Type.Integer(),
  altQoSReferences: optional(Type.Array(Type.Integer())),
  usageThreshold: optional(UsageThreshold),
}

/** The members that a merge patch (RFC 7396) can change. */
const PATCH = {
  exterAppId: optional(Text),
  flowInfo: optional(Flows),
  qosReference: optional(Text),
  altQoSReferences: optional(Type.Array(Text, { minItems: 1 })),
  disUeNotif: optional(Type.Boolean()),
  usageThreshold: optional(nullable(UsageThresholdPatch)),
  directNotifInd: optional(Type.Boolean()),
  notificationDestination: optional(Text),
  events: optional(Events),
}

const closed = { additionalProperties: false } as const
const open = <P extends TProperties>(members: P) => Type.Object(members)

export const SUBSCRIPTIONS = {
  release17: open(RELEASE_17),
  release18: open(RELEASE_18),
  ericsson: open(ERICSSON),
  medianetlab: open(MEDIANETLAB),
  /** Unknown members are refused. */
  eurecom: Type.Object(RELEASE_17, closed),
} as const

export const PATCHES = {
  release17: open(PATCH),
  release18: open({ ...PATCH, qosDuration: optional(nullable(Type.Integer())) }),
  ericsson: open({ ...PATCH, expirationTime: optional(nullable(Type.String({ format: 'date-time' }))) }),
} as const

export type PatchName = keyof typeof PATCHES

/** The members of all dialects. */
export type Subscription = Partial<Static<typeof SUBSCRIPTIONS.release18>> &
  Partial<Pick<Static<typeof SUBSCRIPTIONS.ericsson>, 'expirationTime'>> &
  Partial<Omit<Static<typeof SUBSCRIPTIONS.medianetlab>, 'qosReference' | 'altQoSReferences'>>
