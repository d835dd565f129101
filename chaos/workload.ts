// Clients that keep a gateway busy and record its answers. As it may die at any moment, they repeat requests without
// an answer, under the same key, until there is one.

import type { CreateSession, SessionInfo } from '@rightofway/camara'
import { Agent, request } from 'undici'
import type { Acknowledged, Extension } from './history.js'
import type { Random } from './random.js'

const PATH = '/quality-on-demand/v1/sessions'
/** Few devices and few ports: flows collide. */
const DEVICES = 24
const PORTS = 6

export interface Workload {
  readonly acknowledged: Acknowledged[]
  readonly deleted: string[]
  readonly extended: Extension[]
  /** Stops the clients; resolves when the last answer is in. */
  stop(): Promise<void>
}

export interface WorkloadOptions {
  readonly url: string
  readonly key: string
  readonly sinkUrl: string
  readonly clients: number
  readonly random: Random
}

interface Answer {
  readonly status: number
  readonly body: SessionInfo
}

export function startWorkload({ url, key, sinkUrl, clients, random }: WorkloadOptions): Workload {
  const agent = new Agent({ connections: clients * 2, headersTimeout: 10_000, bodyTimeout: 10_000 })
  const acknowledged: Acknowledged[] = []
  const deleted: string[] = []
  const extended: Extension[] = []
  let running = true
  let created = 0

  /** One attempt; undefined if its effect is unknown. */
  async function attempt(method: 'POST' | 'DELETE', path: string, body?: object, idempotencyKey?: string) {
    try {
      const answer = await request(url + path, {
        method,
        dispatcher: agent,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body && { 'content-type': 'application/json' }),
          ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        },
        ...(body && { body: JSON.stringify(body) }),
      })
      const text = await answer.body.text()
      if (answer.statusCode >= 500) return undefined
      return { status: answer.statusCode, body: (text === '' ? undefined : JSON.parse(text)) as SessionInfo } as Answer
    } catch {
      // The gateway was killed before, during or after the request: the check of the history decides.
      return undefined
    }
  }

  async function insist(
    method: 'POST' | 'DELETE',
    path: string,
    body?: object,
    idempotencyKey?: string,
  ): Promise<Answer> {
    for (;;) {
      const answer = await attempt(method, path, body, idempotencyKey)
      if (answer !== undefined) return answer
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async function client(): Promise<void> {
    while (running) {
      const device = random.between(1, DEVICES)
      const port = random.between(1, PORTS)
      const idempotencyKey = `chaos-${created++}`
      const body: CreateSession = {
        device: { ipv4Address: { publicAddress: `10.0.0.${device}`, privateAddress: `10.0.0.${device}` } },
        applicationServer: { ipv4Address: '198.51.100.7' },
        applicationServerPorts: { ports: [port] },
        qosProfile: 'QOS_E',
        duration: random.between(1, 4),
        sink: sinkUrl,
      }
      const answer = await insist('POST', PATH, body, idempotencyKey)
      if (answer.status === 201) {
        const info = answer.body
        acknowledged.push({ info, flow: `${device}:${port}`, idempotencyKey })
        await afterwards(info.sessionId)
      } else if (answer.status !== 409 && answer.status !== 404) {
        throw new Error(`create was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
      }
    }
  }

  async function afterwards(id: string): Promise<void> {
    const what = random.between(1, 10)
    if (what <= 2) {
      const answer = await insist('DELETE', `${PATH}/${id}`)
      // 404: an attempt that got no answer did it.
      if (answer.status === 204 || answer.status === 404) deleted.push(id)
    } else if (what <= 5) {
      const by = { requestedAdditionalDuration: random.between(1, 3) }
      // Once only: a repeat could extend the session twice.
      const answer = await attempt('POST', `${PATH}/${id}/extend`, by)
      if (answer?.status === 200) extended.push({ sessionId: id, duration: answer.body.duration })
    }
  }

  const all = Promise.all(Array.from({ length: clients }, client))
  return {
    acknowledged,
    deleted,
    extended,
    async stop() {
      running = false
      await all
      await agent.close()
    },
  }
}
