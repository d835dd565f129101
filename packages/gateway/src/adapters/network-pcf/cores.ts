// How the PCFs differ from one another, as far as they are asked differently. Each line was read in their code, or seen
// with the program.

import type { Qos } from '../../domain/profile.js'

export const PCF_CORES = ['open5gs', 'free5gc', 'standard'] as const
export type PcfCoreName = (typeof PCF_CORES)[number]

export interface PcfCore {
  /** Whether both directions stand in one sub-component. Otherwise its first flow description alone counts. */
  readonly bothDirections: boolean
  /** Flow descriptions that one session may have. */
  readonly maxDescriptions?: number
  /** Whether rates are added up, one time for each flow. */
  readonly addsRates: boolean
  /** Whether it tells of events that were asked for. */
  readonly hasEvents: boolean
  /** Whether a delete must have a body. Others may refuse an empty one. */
  readonly deletesWithBody: boolean
  /** Whether a GPSI helps it to find the PDU session. Others know no UE by it, or ignore it. */
  readonly readsGpsi: boolean
  /** The media type of a profile that names none. */
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
    // It knows few, and the reference counts.
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
