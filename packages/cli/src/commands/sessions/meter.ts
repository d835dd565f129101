// The current rate of a session, with its guarantee and its maximum.

import { type QoDSession, QodApiError, QodArgumentError, type SessionUsage } from '@rightofway/sdk'

type Direction = SessionUsage['downlink']

/** Bits per second, for people. */
export function rateText(bps: number): string {
  const [unit, size] =
    bps >= 1e9 ? (['Gbit/s', 1e9] as const) : bps >= 1e6 ? (['Mbit/s', 1e6] as const) : (['kbit/s', 1e3] as const)
  return `${Number((bps / size).toPrecision(3))} ${unit}`
}

const directionText = ({ bitsPerSecond, guaranteedBitsPerSecond, maximumBitsPerSecond }: Direction): string => {
  const bounds = [
    ...(guaranteedBitsPerSecond > 0 ? [`${rateText(guaranteedBitsPerSecond)} guaranteed`] : []),
    ...(maximumBitsPerSecond === undefined ? [] : [`${rateText(maximumBitsPerSecond)} at most`]),
  ]
  return bounds.length === 0 ? rateText(bitsPerSecond) : `${rateText(bitsPerSecond)} (${bounds.join(', ')})`
}

/** `↓ 3.2 Mbit/s (5 Mbit/s guaranteed)  ↑ 0 kbit/s (5 Mbit/s guaranteed)` */
export const usageText = ({ downlink, uplink }: Pick<SessionUsage, 'downlink' | 'uplink'>): string =>
  `↓ ${directionText(downlink)}  ↑ ${directionText(uplink)}`

/** Reads the usage of a session while its network measures it. */
export class SessionMeter {
  readonly #session: Pick<QoDSession, 'usage'>
  #counts = true
  #text = ''

  constructor(session: Pick<QoDSession, 'usage'>) {
    this.#session = session
  }

  /** The usage that was read last; empty if the network does not measure it. */
  get text(): string {
    return this.#text
  }

  async read(): Promise<void> {
    if (!this.#counts) return
    try {
      this.#text = usageText(await this.#session.usage())
    } catch (error) {
      this.#text = ''
      // Other failures also reach the follower of the session, which reports them.
      this.#counts = !(error instanceof QodArgumentError || (error instanceof QodApiError && error.status === 404))
    }
  }
}
