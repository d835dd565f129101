// The PCC rules that a PCF derives from a request: those that the SMF gets, and then the user plane. The PCFs differ
// most here, and their answers do not show it.

import type { Settings } from '../state/settings.js'
import { Refusal } from '../transport/answer.js'
import type { AscReqData, MediaComponent } from './schema.js'

export interface PccRule {
  readonly id: string
  readonly fiveQi: number
  /** Bits per second; undefined: not limited, not guaranteed. */
  readonly maxbrDlBps?: number
  readonly maxbrUlBps?: number
  readonly gbrDlBps?: number
  readonly gbrUlBps?: number
  readonly flows: readonly { readonly description: string; readonly direction: 'DOWNLINK' | 'UPLINK' }[]
}

/** 5QIs 1 to 4 are GBR (TS 23.501 table 5.7.4-1; other GBR values are not requested here). */
const isGbr = (fiveQi: number) => fiveQi <= 4

const UNITS: Readonly<Record<string, number>> = { bps: 1, Kbps: 1e3, Mbps: 1e6, Gbps: 1e9, Tbps: 1e12 }
/** free5GC multiplies with 1024, except for the kilobit. */
const UNITS_OF_FREE5GC: Readonly<Record<string, number>> = {
  bps: 1,
  Kbps: 1e3,
  Mbps: 1024 * 1e3,
  Gbps: 1024 ** 2 * 1e3,
  Tbps: 1024 ** 3 * 1e3,
}

/** Bits per second of a BitRate; undefined if there is none. */
function bpsOf(text: string | undefined, units = UNITS): number | undefined {
  if (text === undefined) return undefined
  const [amount = '', unit = ''] = text.split(' ')
  return Math.round(Number(amount) * (units[unit] ?? 1))
}

interface Requested {
  readonly settings: Settings
  readonly appSessionId: string
  readonly request: AscReqData
}

const componentsOf = ({ medComponents = {} }: AscReqData): MediaComponent[] => Object.values(medComponents)

const descriptionsOf = ({ medSubComps = {} }: MediaComponent): string[] =>
  Object.values(medSubComps).flatMap(({ fDescs = [] }) => fDescs)

const directionOf = (description: string) => (/^permit in\b/.test(description) ? 'UPLINK' : 'DOWNLINK')
/** In the form of the SMF: seen from the network, with the direction as a member. */
const toFlow = (description: string) => ({
  description: description.replace(/^permit in\b/, 'permit out'),
  direction: directionOf(description) as 'UPLINK' | 'DOWNLINK',
})

const NOT_AUTHORIZED = 'REQUESTED_SERVICE_NOT_AUTHORIZED'

/** The 5QI that a `qosReference` refers to; undefined if there is none. */
function fiveQiOf({ qosReference }: MediaComponent, settings: Settings): number | undefined {
  if (qosReference === undefined) return undefined
  const profile = Object.hasOwn(settings.qosReferences, qosReference) ? settings.qosReferences[qosReference] : undefined
  if (profile !== undefined) return profile.fiveQi
  throw new Refusal(403, {
    title: 'Forbidden',
    cause: NOT_AUTHORIZED,
    detail: 'Unknown qosReference - check PCF qos_profiles config',
  })
}

const OPEN5GS_MEDIA: Readonly<Record<string, number>> = { AUDIO: 1, VIDEO: 2, CONTROL: 5 }
const OPEN5GS_MAX_FLOWS = 7

/** One rule for each 5QI; rates add up, once for each flow description of their direction. */
export function rulesOfOpen5gs({ settings, appSessionId, request }: Requested): PccRule[] {
  const rules = new Map<number, PccRule>()
  for (const component of componentsOf(request)) {
    const fiveQi = fiveQiOf(component, settings) ?? OPEN5GS_MEDIA[component.medType ?? '']
    if (fiveQi === undefined) {
      throw new Refusal(500, { title: 'Internal Server Error', detail: `Not implemented: ${component.medType}` })
    }
    const index = settings.pccRules.indexOf(fiveQi)
    if (index < 0) {
      const detail = `No PCC Rule in DB [QoS Index:${fiveQi}]`
      throw new Refusal(403, { title: 'Forbidden', detail })
    }
    const before = rules.get(fiveQi)
    const flows = [...(before?.flows ?? []), ...descriptionsOf(component).map(toFlow)]
    if (flows.length > OPEN5GS_MAX_FLOWS)
      throw new Refusal(403, { title: 'Forbidden', detail: 'install_flow() failed' })
    const count = (direction: string) => flows.filter((flow) => flow.direction === direction).length
    const [downlinks, uplinks] = [count('DOWNLINK'), count('UPLINK')]
    const maxbrDlBps = (bpsOf(component.marBwDl) ?? 0) * downlinks
    const maxbrUlBps = (bpsOf(component.marBwUl) ?? 0) * uplinks
    rules.set(fiveQi, {
      id: `${settings.dnn}-n${index + 1}-a${appSessionId}`,
      fiveQi,
      maxbrDlBps,
      maxbrUlBps,
      // Without a requested guarantee, the maximum is guaranteed.
      gbrDlBps: (bpsOf(component.mirBwDl) ?? 0) * downlinks || maxbrDlBps,
      gbrUlBps: (bpsOf(component.mirBwUl) ?? 0) * uplinks || maxbrUlBps,
      flows,
    })
  }
  return [...rules.values()]
}

/** An unknown media type has no 5QI. */
const FREE5GC_MEDIA: Readonly<Record<string, number>> = { AUDIO: 1, VIDEO: 2 }

/** One rule for each sub-component, with its first flow description only; `qosReference` is ignored. */
export function rulesOfFree5gc({ appSessionId, request }: Requested): PccRule[] {
  const rules = new Map<string, PccRule>()
  for (const component of componentsOf(request)) {
    if (component.medSubComps === undefined && component.afAppId === undefined && request.afAppId === undefined) {
      throw new Refusal(403, {
        cause: NOT_AUTHORIZED,
        detail: 'Media Component needs flows of subComp or afAppId',
      })
    }
    const fiveQi = FREE5GC_MEDIA[component.medType ?? ''] ?? 9
    for (const sub of Object.values(component.medSubComps ?? {})) {
      const [first] = sub.fDescs ?? []
      if (first === undefined) {
        throw new Refusal(403, { cause: NOT_AUTHORIZED, detail: 'Flow Description is missing' })
      }
      // Equal sub-components share a rule.
      rules.set(first, {
        id: `PccRuleId-${appSessionId.split('-').at(-1)}-${rules.size + 1}`,
        fiveQi,
        ...(isGbr(fiveQi) && ratesOf(component, UNITS_OF_FREE5GC)),
        flows: [toFlow(first)],
      })
    }
  }
  return [...rules.values()]
}

const STANDARD_MEDIA: Readonly<Record<string, number>> = { AUDIO: 1, VIDEO: 2, CONTROL: 5 }

/** One rule for each sub-component, as requested (TS 29.513 section 7). */
export function rulesOfStandard({ settings, appSessionId, request }: Requested): PccRule[] {
  return componentsOf(request).flatMap((component) => {
    const fiveQi = fiveQiOf(component, settings) ?? STANDARD_MEDIA[component.medType ?? ''] ?? 9
    if (!settings.pccRules.includes(fiveQi) && component.qosReference !== undefined) {
      throw new Refusal(403, { title: 'Forbidden', cause: NOT_AUTHORIZED, detail: `5QI ${fiveQi} is not subscribed` })
    }
    return Object.values(component.medSubComps ?? {}).map((sub) => ({
      id: `${appSessionId}-${component.medCompN}-${sub.fNum}`,
      fiveQi,
      ...ratesOf(component, UNITS),
      flows: (sub.fDescs ?? []).map(toFlow),
    }))
  })
}

function ratesOf(component: MediaComponent, units: Readonly<Record<string, number>>): Partial<PccRule> {
  const rates = {
    maxbrDlBps: bpsOf(component.marBwDl, units),
    maxbrUlBps: bpsOf(component.marBwUl, units),
    gbrDlBps: bpsOf(component.mirBwDl, units),
    gbrUlBps: bpsOf(component.mirBwUl, units),
  }
  return Object.fromEntries(Object.entries(rates).filter(([, rate]) => rate !== undefined))
}
