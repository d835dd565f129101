// Where events arrive: it writes down what came and when, and fails now and then.

import { eventIn } from '../packages/gateway/test/support/sink.js'
import { CapturingSink } from '../packages/sandbox/src/sink.js'
import type { Arrival } from './history.js'
import type { Random } from './random.js'

export interface Receiver {
  /** Where events are to be sent. */
  readonly url: string
  /** Everything that came, repeats too, in order. */
  readonly arrivals: readonly Arrival[]
  close(): Promise<void>
}

export async function startReceiver(random: Random): Promise<Receiver> {
  const failed = new Set<string>()
  const sink = await CapturingSink.open<Arrival>({
    take(captured) {
      const event = eventIn(captured)
      // Not at starts: the end would wait behind them, and not be the gateway's fault. Not twice: the third attempt would
      // come when all is over.
      const fails = event.data.qosStatus === 'UNAVAILABLE' && !failed.has(event.id) && random.between(1, 10) === 1
      if (fails) failed.add(event.id)
      return { kept: { at: Date.now(), event }, answer: fails ? 500 : 204 }
    },
  })
  return { url: `${sink.url}/events`, arrivals: sink.kept, close: () => sink.close() }
}
