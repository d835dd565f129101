// Endpoints with prepared answers, and a clock that advances only by waits.

import type { Time } from './time.js'
import type { SessionInfo } from './wire.js'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

type Answer = Response | Error
export type Answering = (asked: Asked) => Answer | Promise<Answer>

export interface FakeFetch {
  readonly fetch: typeof globalThis.fetch
  /** The requests, in order. */
  readonly asked: Asked[]
}

/** A `fetch` whose answers come from a list, the last one again and again, or from a function. Errors are thrown. */
export function fakeFetch(answers: readonly (Answer | Answering)[] | Answering): FakeFetch {
  const asked: Asked[] = []
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const request: Asked = {
      method: init.method ?? 'GET',
      url: String(input),
      headers: Object.fromEntries(new Headers(init.headers)),
      body: typeof init.body === 'string' && init.body.startsWith('{') ? JSON.parse(init.body) : init.body,
    }
    asked.push(request)
    init.signal?.throwIfAborted()
    const next = typeof answers === 'function' ? answers : answers[Math.min(asked.length, answers.length) - 1]
    const answer = typeof next === 'function' ? await next(request) : next
    if (answer instanceof Response) return answer.clone()
    throw answer
  }
  return { fetch, asked }
}

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })

export const refusal = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  json(status, { status, code, message: `said ${code}` }, headers)

export const noContent = (): Response => new Response(null, { status: 204 })

/** As Node's `fetch` fails. */
export const connectionError = (code: string): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(`connect ${code}`), { code }) })

export interface ManualTime extends Time {
  /** Every wait so far, in milliseconds. */
  readonly waits: readonly number[]
  /** Whether each wait would have let the process end. */
  readonly idle: readonly boolean[]
  at(ms: number): void
}

export const NOON = Date.parse('2030-01-01T12:00:00Z')

/** Waiting is how it passes. */
export function manualTime(start = NOON): ManualTime {
  let now = start
  const waits: number[] = []
  const idle: boolean[] = []
  return {
    waits,
    idle,
    now: () => now,
    at: (ms) => {
      now = ms
    },
    async sleep(ms, signal, isIdle = false) {
      signal?.throwIfAborted()
      waits.push(ms)
      idle.push(isIdle)
      now += ms
    },
  }
}

export const SESSION_ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6'

/** A session as a CAMARA endpoint shows it. */
export const sessionInfo = (more: Partial<SessionInfo> = {}): SessionInfo => ({
  sessionId: SESSION_ID,
  device: { phoneNumber: '+36721601234567' },
  applicationServer: { ipv4Address: '233.252.0.2' },
  qosProfile: 'QOS_L',
  duration: 3600,
  qosStatus: 'AVAILABLE',
  startedAt: '2030-01-01T12:00:00Z',
  expiresAt: '2030-01-01T13:00:00Z',
  ...more,
})
