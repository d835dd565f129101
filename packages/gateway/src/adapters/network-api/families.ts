// Mobile cores know a device by one address: a flow of two address families is two things to them, and one to us. It is
// held as a whole or not at all.

import type { Instant, Mutable } from '@rightofway/camara'
import { type Family, type Prefix, prefixAddress } from '../../domain/address.js'
import { addressPairs, type DeviceAddresses } from '../../domain/flow.js'
import { NetworkUnreachable, type Reservation } from '../../ports/network.js'
import type { Attempt, Found, Made, Parts, Standing } from './door.js'
import { NotSent } from './not-sent.js'

/** What is configured of any mobile core. */
export interface CoreDoorOptions {
  /** What it is called in messages. */
  readonly name: string
  /** Whether something is granted when it is there, or when the network has told so. */
  readonly grant: 'onCreated' | 'onAllocated'
  /** Whether ranges of ports are told, which no specification has. */
  readonly portRanges: boolean
  readonly dnn?: string
  readonly snssai?: { readonly sst: number; readonly sd?: string }
  /** Where addresses of several networks overlap: whose they are. */
  readonly ipDomain?: string
}

/** The side of a flow that the network knows by one name of the device. */
export interface FlowPart {
  readonly device: DeviceAddresses
  readonly server: readonly Prefix[]
}

/** How the network is asked for one part; see `Door`. */
export interface PartApi {
  ask(reservation: Reservation, part: FlowPart, until: Instant | undefined, attempt: Attempt): Promise<Made>
  find?(reservation: Reservation, attempt: Attempt): Promise<readonly Found[]>
  look?(id: string): Promise<Standing>
  move?(id: string, from: Instant, until: Instant): Promise<Standing>
  end(id: string): Promise<void>
}

/** No attempt has this number. */
const NO_ATTEMPT = 0
const FAMILIES: readonly Family[] = ['ipv4', 'ipv6']

/** The parts of a flow, by address family. */
export function partsByFamily({ flow }: Reservation): FlowPart[] {
  const pairs = addressPairs(flow)
  return FAMILIES.flatMap((family) => {
    const server = pairs.filter((pair) => pair.family === family).map((pair) => pair.server)
    const address = flow.device[family]
    return server.length === 0 || address === undefined ? [] : [{ device: { [family]: address }, server }]
  })
}

/** The addresses that a part is about, as text. */
export function deviceOf({ device }: FlowPart): { readonly ipv4?: string; readonly ipv6?: string } {
  const { ipv4, ipv6 } = device
  const addresses: Mutable<ReturnType<typeof deviceOf>> = {}
  if (ipv4 !== undefined) addresses.ipv4 = prefixAddress(ipv4)
  if (ipv6 !== undefined) addresses.ipv6 = prefixAddress(ipv6)
  return addresses
}

/** One remote id for those of all parts. */
export const joinIds = (ids: readonly string[]): string => ids.map(encodeURIComponent).join(' ')

export const splitId = (remoteId: string): string[] => remoteId.split(' ').map(decodeURIComponent)

export class WholeFlow implements Parts {
  readonly #name: string
  readonly #api: PartApi
  readonly #partsOf: (reservation: Reservation) => readonly FlowPart[]

  /** @param name what the network is called in messages */
  constructor(name: string, api: PartApi, partsOf: (reservation: Reservation) => readonly FlowPart[]) {
    this.#name = name
    this.#api = api
    this.#partsOf = partsOf
  }

  of(remoteId: string): readonly string[] {
    return splitId(remoteId)
  }

  count(reservation: Reservation): number {
    return this.#partsOf(reservation).length
  }

  /** @throws {NotSent} nobody listens for what a core tells of it */
  async ask(reservation: Reservation, until: Instant | undefined, attempt: Attempt): Promise<Made> {
    if (attempt.callbackUrl === undefined) {
      throw new NotSent(`${this.#name} must be told where to send its messages, and nobody listens`)
    }
    const made: Made[] = []
    try {
      for (const part of this.#partsOf(reservation)) {
        made.push(await this.#api.ask(reservation, part, until, attempt))
      }
    } catch (error) {
      await this.#takeBack(made)
      throw error
    }
    return whole(made)
  }

  /** Only where some part was made, and another one was not. */
  async #takeBack(made: readonly Made[]): Promise<void> {
    try {
      for (const { remoteId } of made) await this.#api.end(remoteId)
    } catch (error) {
      // Whatever kept it from being ended: something is held, and is to be looked for.
      throw new NetworkUnreachable((error as Error).message, { cause: error })
    }
  }

  /** Those of an attempt that lacks a part are of no attempt: whoever finds them ends them. */
  async find(reservation: Reservation, attempt: Attempt): Promise<readonly Found[]> {
    const found = (await this.#api.find?.(reservation, attempt)) ?? []
    const byAttempt = new Map<number | undefined, Found[]>()
    for (const each of found) byAttempt.set(each.attempt, [...(byAttempt.get(each.attempt) ?? []), each])
    return [...byAttempt].flatMap(([number, parts]): Found[] => {
      const of = number === undefined ? {} : { attempt: number }
      if (parts.length === this.count(reservation)) return [{ ...whole(parts), ...of }]
      return parts.map((part) => ({ ...part, remoteId: joinIds([part.remoteId]), attempt: NO_ATTEMPT }))
    })
  }

  async look(remoteId: string): Promise<Standing> {
    return this.#each(remoteId, (id) => (this.#api.look as NonNullable<PartApi['look']>)(id))
  }

  async move(remoteId: string, from: Instant, until: Instant): Promise<Standing> {
    return this.#each(remoteId, (id) => (this.#api.move as NonNullable<PartApi['move']>)(id, from, until))
  }

  async end(remoteId: string): Promise<void> {
    for (const id of splitId(remoteId)) await this.#api.end(id)
  }

  async #each(remoteId: string, ask: (id: string) => Promise<Standing>): Promise<Standing> {
    const standings: Standing[] = []
    for (const id of splitId(remoteId)) standings.push(await ask(id))
    return together(standings)
  }
}

const whole = (made: readonly Made[]): Made => ({
  remoteId: joinIds(made.map(({ remoteId }) => remoteId)),
  standing: together(made.map(({ standing }) => standing)),
})

/** As the worst of them: what lacks a part is not held. */
function together(standings: readonly Standing[]): Standing {
  const ended = standings.find((standing) => standing.state === 'ended')
  if (ended !== undefined) return standings.length === 1 ? ended : { ...ended, remains: true }
  const until = earliest(standings)
  if (standings.some(({ state }) => state === 'pending')) {
    return { state: 'pending', ...(until !== undefined && { until }) }
  }
  const starts = standings.flatMap((standing) => (standing.state === 'granted' && standing.at ? [standing.at] : []))
  const at = starts.length === standings.length ? (Math.max(...starts) as Instant) : undefined
  return { state: 'granted', ...(at !== undefined && { at }), ...(until !== undefined && { until }) }
}

function earliest(standings: readonly Standing[]): Instant | undefined {
  const ends = standings.flatMap((standing) =>
    standing.state !== 'ended' && standing.until !== undefined ? [standing.until] : [],
  )
  return ends.length === 0 ? undefined : (Math.min(...ends) as Instant)
}
