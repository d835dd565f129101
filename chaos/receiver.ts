// A sink that records events with their times, and sometimes fails.

import { eventIn } from '../packages/gateway/test/support/sink.js'
import { CapturingSink } from '../packages/sandbox/src/sink.js'
import type { Arrival } from './history.js'
import type { Random } from './random.js'

export interface Receiver {
  /** URL of the sink. */
  readonly url: string
  /** All received events, including repeats, in order. */
  readonly arrivals: readonly Arrival[]
  close(): Promise<void>
}

export async function startReceiver(random: Random): Promise<Receiver> {
  const failed = new Set<string>()
  const sink = await CapturingSink.open<Arrival>({
    take(captured) {
      const event = eventIn(captured)
      // Not for first events: the end would be late, without a fault of the gateway. Not twice: the third attempt would
      // come after the test.
      const fails = event.data.qosStatus === 'UNAVAILABLE' && !failed.has(event.id) && random.between(1, 10) === 1
      if (fails) failed.add(event.id)
      return { kept: { at: Date.now(), event }, answer: fails ? 500 : 204 }
    },
  })
  return { url: `${sink.url}/events`, arrivals: sink.kept, close: () => sink.close() }
}
