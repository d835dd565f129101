// The other side of a ThreadedSinkClient: a thread that does nothing but dial sinks and wait for their answers.

import { parentPort, workerData } from 'node:worker_threads'
import type { SinkAnswer } from './sink-client.js'
import { openSinkClient, type SinkClientOptions } from './sink-client-options.js'
import type { Answered, Posted } from './threaded-sink-client.js'

if (parentPort === null) throw new Error('this file is a thread of its own: start it with a ThreadedSinkClient')
const port = parentPort
const sinkClient = openSinkClient(workerData as SinkClientOptions)
let answered: Answered[] = []

port.on('message', (posted: string) => {
  for (const { id, request } of JSON.parse(posted) as Posted[]) {
    const answer = (reply: SinkAnswer) => {
      answered.push({ id, reply })
      if (answered.length > 1) return
      // What comes in one turn goes back in one message.
      setImmediate(() => {
        port.postMessage(JSON.stringify(answered))
        answered = []
      })
    }
    sinkClient.send(request).then(answer, (error: unknown) => answer({ failure: `not reached: ${String(error)}` }))
  }
})
