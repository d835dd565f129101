// The requests of an application function to a PCF (TS 29.514 section 5.6), as far as a core checks them. Other members
// are kept as received.

import Type, { type Static } from 'typebox'

/** TS 29.571: a number and a unit. */
const BitRate = Type.String({ pattern: '^\\d+(\\.\\d+)? (bps|Kbps|Mbps|Gbps|Tbps)$' })
const Features = Type.String({ pattern: '^[A-Fa-f0-9]*$' })
const Text = Type.String()
const optional = Type.Optional

const RATES = {
  marBwDl: optional(BitRate),
  marBwUl: optional(BitRate),
  mirBwDl: optional(BitRate),
  mirBwUl: optional(BitRate),
}

export const MediaSubComponent = Type.Object({
  fNum: Type.Integer(),
  fDescs: optional(Type.Array(Text, { minItems: 1, maxItems: 2 })),
  fStatus: optional(Text),
  flowUsage: optional(Text),
  marBwDl: optional(BitRate),
  marBwUl: optional(BitRate),
  tosTrCl: optional(Text),
})
export type MediaSubComponent = Static<typeof MediaSubComponent>

export const MediaComponent = Type.Object({
  medCompN: Type.Integer(),
  medType: optional(Text),
  fStatus: optional(Text),
  qosReference: optional(Text),
  afAppId: optional(Text),
  ...RATES,
  medSubComps: optional(Type.Record(Text, MediaSubComponent, { minProperties: 1 })),
})
export type MediaComponent = Static<typeof MediaComponent>

const EventSubscription = Type.Object({ event: Text, notifMethod: optional(Text) })

export const EventsSubscReqData = Type.Object({
  events: Type.Array(EventSubscription, { minItems: 1 }),
  notifUri: optional(Text),
  notifCorreId: optional(Text),
  directNotifInd: optional(Type.Boolean()),
})
export type EventsSubscReqData = Static<typeof EventsSubscReqData>

const Snssai = Type.Object({
  sst: Type.Integer({ minimum: 0, maximum: 255 }),
  sd: optional(Type.String({ pattern: '^[A-Fa-f0-9]{6}$' })),
})

const AscReqData = Type.Object(
  {
    notifUri: Text,
    suppFeat: Features,
    ueIpv4: optional(Type.String({ format: 'ipv4-address' })),
    ueIpv6: optional(Type.String({ format: 'ipv6-address' })),
    ueMac: optional(Type.String({ pattern: '^([0-9a-fA-F]{2})((-[0-9a-fA-F]{2}){5})$' })),
    supi: optional(Text),
    gpsi: optional(Text),
    dnn: optional(Text),
    ipDomain: optional(Text),
    sliceInfo: optional(Snssai),
    afAppId: optional(Text),
    evSubsc: optional(EventsSubscReqData),
    medComponents: optional(Type.Record(Text, MediaComponent, { minProperties: 1 })),
  },
  // The one address that identifies the PDU session.
  { oneOf: [{ required: ['ueIpv4'] }, { required: ['ueIpv6'] }, { required: ['ueMac'] }] },
)
export type AscReqData = Static<typeof AscReqData>

/** To create one. */
export const AppSessionContext = Type.Object({ ascReqData: optional(AscReqData) })

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

/** Of a merge patch (RFC 7396): null removes a member. */
const MediaComponentPatch = Type.Object({
  medCompN: Type.Integer(),
  medType: optional(Text),
  fStatus: optional(Text),
  qosReference: optional(nullable(Text)),
  marBwDl: optional(nullable(BitRate)),
  marBwUl: optional(nullable(BitRate)),
  mirBwDl: optional(nullable(BitRate)),
  mirBwUl: optional(nullable(BitRate)),
  medSubComps: optional(
    Type.Record(
      Text,
      nullable(
        Type.Object({
          fNum: Type.Integer(),
          fDescs: optional(nullable(Type.Array(Text, { minItems: 1, maxItems: 2 }))),
          marBwDl: optional(nullable(BitRate)),
          marBwUl: optional(nullable(BitRate)),
        }),
      ),
      { minProperties: 1 },
    ),
  ),
})

export const AppSessionContextUpdateDataPatch = Type.Object({
  ascReqData: optional(
    Type.Object({
      evSubsc: optional(nullable(Type.Object({ events: Type.Array(EventSubscription), notifUri: optional(Text) }))),
      medComponents: optional(Type.Record(Text, nullable(MediaComponentPatch), { minProperties: 1 })),
    }),
  ),
})
