// Records every answer of a gateway, in this process or in one that it starts, for the end of the test run. Plain
// JavaScript: processes without TypeScript also load it (NODE_OPTIONS).

import { randomUUID } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'

/** Set by the reporter of the run. */
const folder = process.env.RIGHTOFWAY_TEST_ANSWERS
const OURS = /^\/(quality-on-demand|qos-profiles)\//

if (folder !== undefined && globalThis.recordsAnswers === undefined) {
  globalThis.recordsAnswers = true
  const file = join(folder, `${randomUUID()}.jsonl`)
  let lines = ''

  const keep = () => {
    if (lines !== '') appendFileSync(file, lines)
    lines = ''
  }
  process.on('exit', keep)

  subscribe('fastify.initialization', ({ fastify }) => {
    fastify.addHook('onSend', (request, reply, payload, done) => {
      const { url = '' } = request.routeOptions
      // Answers to Nokia's clients differ from CAMARA's.
      const kind = request.caller?.compatibility === 'nokia'
      if (OURS.test(url) && request.method !== 'HEAD' && !kind) {
        // Written synchronously, as a process may be killed at any moment.
        if (lines === '') setImmediate(keep)
        const answer = {
          method: request.method,
          url,
          status: reply.statusCode,
          type: reply.getHeader('content-type'),
          correlator: reply.getHeader('x-correlator'),
          body: typeof payload === 'string' ? payload : undefined,
        }
        lines += `${JSON.stringify(answer)}\n`
      }
      done(null, payload)
    })
  })

  const option = `--import ${import.meta.url}`
  if (!process.env.NODE_OPTIONS?.includes(option)) {
    process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} ${option}`.trim()
  }
}
