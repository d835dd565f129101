// Mobile cores identify a device by one address: a flow of two address families is two resources there, and one here.
// It is held as a whole or not at all.

import type { Instant, Mutable } from '@rightofway/camara'
import { type Family, type Prefix, prefixAddress } from '../../domain/address.js'
import { addressPairs, type DeviceAddresses } from '../../domain/flow.js'
import { NetworkUnreachable, type Reservation } from '../../ports/network.js'
import type { Attempt, Found, Made, Parts, Standing } from './door.js'
import { NotSent } from './not-sent.js'

/** The options of every mobile core. */
export interface CoreDoorOptions {
  /** Its name in messages. */
  readonly name: string
  /** Whether a resource is granted once it exists, or once the network has notified of it. */
  readonly grant: 'onCreated' | 'onAllocated'
  /** Whether ranges of ports are sent, which no specification has. */
  readonly portRanges: boolean
  readonly dnn?: string
  readonly snssai?: { readonly sst: number; readonly sd?: string }
  /** The domain of the addresses, if addresses of several networks overlap. */
  readonly ipDomain?: string
}

/** The part of a flow that the network knows by one address of the device. */
export interface FlowPart {
  readonly device: DeviceAddresses
  readonly server: readonly Prefix[]
}

/** The requests for one part; see `Door`. */
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

/** The addresses of a part, as text. */
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

  /** @param name of the network in messages */
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

  /** @throws {NotSent} there is no listener for the core's messages */
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

  /** Only if some part was created, and another one was not. */
  async #takeBack(made: readonly Made[]): Promise<void> {
    try {
      for (const { remoteId } of made) await this.#api.end(remoteId)
    } catch (error) {
      // Whatever kept it from being deleted: a resource is held, and has to be found.
      throw new NetworkUnreachable((error as Error).message, { cause: error })
    }
  }

  /** Resources of an attempt that lacks a part belong to no attempt: they are deleted when they are found. */
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

/** The worst state of the parts: a reservation without one of its parts is not held. */
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
