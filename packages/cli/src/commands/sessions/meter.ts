// How fast a session is, against what it is sure of and what it may have at most.

import { type QoDSession, QodApiError, QodArgumentError, type SessionUsage } from '@rightofway/sdk'

type Direction = SessionUsage['downlink']

/** Bits per second as people say it. */
export function rateText(bps: number): string {
  const [unit, size] =
    bps >= 1e9 ? (['Gbit/s', 1e9] as const) : bps >= 1e6 ? (['Mbit/s', 1e6] as const) : (['kbit/s', 1e3] as const)
  return `${Number((bps / size).toPrecision(3))} ${unit}`
}

const directionText = ({ bitsPerSecond, guaranteedBitsPerSecond, maximumBitsPerSecond }: Direction): string => {
  const bounds = [
    ...(guaranteedBitsPerSecond > 0 ? [`${rateText(guaranteedBitsPerSecond)} sure`] : []),
    ...(maximumBitsPerSecond === undefined ? [] : [`${rateText(maximumBitsPerSecond)} at most`]),
  ]
  return bounds.length === 0 ? rateText(bitsPerSecond) : `${rateText(bitsPerSecond)} (${bounds.join(', ')})`
}

/** `↓ 3.2 Mbit/s (5 Mbit/s sure)  ↑ 0 kbit/s (5 Mbit/s sure)` */
export const usageText = ({ downlink, uplink }: Pick<SessionUsage, 'downlink' | 'uplink'>): string =>
  `↓ ${directionText(downlink)}  ↑ ${directionText(uplink)}`

/** Reads the usage of a session for as long as its network counts. */
export class SessionMeter {
  readonly #session: Pick<QoDSession, 'usage'>
  #counts = true
  #text = ''

  constructor(session: Pick<QoDSession, 'usage'>) {
    this.#session = session
  }

  /** As it was read last; nothing if nobody counts. */
  get text(): string {
    return this.#text
  }

  async read(): Promise<void> {
    if (!this.#counts) return
    try {
      this.#text = usageText(await this.#session.usage())
    } catch (error) {
      this.#text = ''
      // What goes wrong otherwise goes wrong for the one who follows, too, and is told there.
      this.#counts = !(error instanceof QodArgumentError || (error instanceof QodApiError && error.status === 404))
    }
  }
}
