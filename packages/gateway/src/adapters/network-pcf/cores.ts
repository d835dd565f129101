// The differences between PCFs that matter to requests. Each line is taken from their code, or observed with the
// program.

import type { Qos } from '../../domain/profile.js'

export const PCF_CORES = ['open5gs', 'free5gc', 'standard'] as const
export type PcfCoreName = (typeof PCF_CORES)[number]

export interface PcfCore {
  /** Whether one sub-component has both directions. Otherwise only its first flow description counts. */
  readonly bothDirections: boolean
  /** The most flow descriptions of one session. */
  readonly maxDescriptions?: number
  /** Whether rates are added up, once for each flow. */
  readonly addsRates: boolean
  /** Whether it notifies of events that were subscribed to. */
  readonly hasEvents: boolean
  /** Whether a delete requires a body. Others may refuse an empty one. */
  readonly deletesWithBody: boolean
  /** Whether it finds the PDU session by a GPSI. Others do not know it, or ignore it. */
  readonly readsGpsi: boolean
  /** The default media type of a profile. */
  mediaType(qos: Qos): MediaType
}

/** TS 29.514 section 5.6.3.3. */
export const MEDIA_TYPES = ['AUDIO', 'VIDEO', 'DATA', 'APPLICATION', 'CONTROL', 'TEXT', 'MESSAGE', 'OTHER'] as const
export type MediaType = (typeof MEDIA_TYPES)[number]

const hasGuarantee = ({ downlink, uplink }: Qos): boolean => downlink.guaranteed > 0 || uplink.guaranteed > 0

/** VIDEO has a guaranteed rate in all of them. */
const byGuarantee = (qos: Qos): MediaType => (hasGuarantee(qos) ? 'VIDEO' : 'DATA')

export const PCF_CORE: Readonly<Record<PcfCoreName, PcfCore>> = {
  open5gs: {
    bothDirections: true,
    maxDescriptions: 7,
    addsRates: true,
    hasEvents: false,
    deletesWithBody: true,
    readsGpsi: false,
    // It knows few media types, and the reference counts.
    mediaType: () => 'VIDEO',
  },
  free5gc: {
    bothDirections: false,
    addsRates: true,
    hasEvents: true,
    deletesWithBody: true,
    readsGpsi: false,
    mediaType: byGuarantee,
  },
  standard: {
    bothDirections: true,
    addsRates: false,
    hasEvents: true,
    deletesWithBody: false,
    readsGpsi: true,
    mediaType: byGuarantee,
  },
}
