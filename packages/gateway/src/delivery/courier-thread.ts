// The other side of a ThreadedCourier: a thread that does nothing but dial sinks and wait for their answers.

import { parentPort, workerData } from 'node:worker_threads'
import type { Reply } from './courier.js'
import { openCourier, type SinkWay } from './sink-way.js'
import type { Answered, Posted } from './threaded-courier.js'

if (parentPort === null) throw new Error('this file is a thread of its own: start it with a ThreadedCourier')
const port = parentPort
const courier = openCourier(workerData as SinkWay)
let answered: Answered[] = []

port.on('message', (posted: string) => {
  for (const { id, letter } of JSON.parse(posted) as Posted[]) {
    const answer = (reply: Reply) => {
      answered.push({ id, reply })
      if (answered.length > 1) return
      // What comes in one turn goes back in one message.
      setImmediate(() => {
        port.postMessage(JSON.stringify(answered))
        answered = []
      })
    }
    courier.send(letter).then(answer, (error: unknown) => answer({ failure: `not reached: ${String(error)}` }))
  }
})
