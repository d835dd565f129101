// The URLs to which networks send their messages. Each contains a network, a reservation and an attempt, and ends with
// a MAC of them, so that only the gateway can make one.

import { timingSafeEqual } from 'node:crypto'
import type { NetworkId, ReservationId } from '@rightofway/camara'

/** The contents of a URL. */
export interface Addressed {
  readonly network: NetworkId
  readonly reservation: ReservationId
  readonly attempt: number
  /** The suffix that the network has appended. */
  readonly suffix: string
}

export interface CallbackUrlsOptions {
  /** Base URL of the listener as networks see it, without a trailing slash. */
  readonly baseUrl: () => string
  /** A keyed hash, the same on all gateways that share a store. */
  readonly mac: (...text: string[]) => string
}

/** A proxy may have put its own path before ours. */
const PATH = /(?:^|\/)callbacks\/([^/]+)\/([^/]+)\/([1-9][0-9]{0,8})\/([A-Za-z0-9_-]{43})(\/[A-Za-z0-9/_-]{1,64})?$/

export class CallbackUrls {
  readonly #options: CallbackUrlsOptions

  constructor(options: CallbackUrlsOptions) {
    this.#options = options
  }

  url(network: NetworkId, reservation: ReservationId, attempt: number): string {
    const { baseUrl, mac } = this.#options
    const path = [network, reservation, String(attempt)].map(encodeURIComponent).join('/')
    return `${baseUrl()}/callbacks/${path}/${mac('network-callback', network, reservation, String(attempt))}`
  }

  /** The token that a network which can send one adds to its messages. */
  token(network: NetworkId, reservation: ReservationId, attempt: number): string {
    return this.#options.mac('network-callback-token', network, reservation, String(attempt))
  }

  /** @returns undefined if the path was not given to a network */
  parse(path: string): Addressed | undefined {
    const [, network, reservation, attempt, mac, suffix = ''] = PATH.exec(path) ?? []
    if (network === undefined || reservation === undefined || attempt === undefined || mac === undefined)
      return undefined
    const names = [network, reservation].map(decoded)
    if (names[0] === undefined || names[1] === undefined) return undefined
    if (!same(mac, this.#options.mac('network-callback', names[0], names[1], attempt))) return undefined
    return {
      network: names[0] as NetworkId,
      reservation: names[1] as ReservationId,
      attempt: Number(attempt),
      suffix,
    }
  }

  /** Whether a token belongs to a URL. */
  isToken(token: string, { network, reservation, attempt }: Addressed): boolean {
    return same(token, this.token(network, reservation, attempt))
  }

  /** The attempt of a reservation for which a URL was issued, if it was. */
  attemptOf(url: string, network: NetworkId, reservation: ReservationId): number | undefined {
    if (!URL.canParse(url)) return undefined
    const found = this.parse(new URL(url).pathname)
    return found?.network === network && found.reservation === reservation ? found.attempt : undefined
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // It was not encoded by us.
    return undefined
  }
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
