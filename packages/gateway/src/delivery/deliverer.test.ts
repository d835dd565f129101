import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EVENT_MEDIA_TYPE, type SessionInfo } from '@rightofway/camara'
import { afterEach, describe, expect, it } from 'vitest'
import { createAuthority } from '../../test/support/certificates.js'
import { A_SESSION, QOD, startTestGateway, type TestGateway, withGateway } from '../../test/support/gateway.js'
import { startSink } from '../../test/support/sink.js'
import { attemptMs } from './schedule.js'

interface EventDelivery {
  eventId: string
  qosStatus: string
  state: string
  attempts: { at: string; ms: number; status?: number; reason?: string }[]
  nextAttemptAt?: string
  reason?: string
}

const opened: { close(): unknown }[] = []
const dirs: string[] = []

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

const deliveries = ({ admin }: TestGateway, session: string) =>
  admin<EventDelivery[]>('GET', `/sessions/${session}/deliveries`)

/** Moves the clock to the next attempt of the first event that waits. */
async function toNextAttempt(gateway: TestGateway, session: string): Promise<EventDelivery[]> {
  const waiting = (await deliveries(gateway, session)).find(({ nextAttemptAt }) => nextAttemptAt !== undefined)
  if (waiting === undefined) throw new Error('nothing waits')
  await gateway.admin('POST', '/sandbox/clock/advance', { to: waiting.nextAttemptAt })
  return deliveries(gateway, session)
}

const endSession = ({ call }: TestGateway, session: string) => call('DELETE', `${QOD}/sessions/${session}`)

/** What has begun has settled. */
const settled = ({ advance }: TestGateway) => advance(0.001)

describe('the delivery of events', () => {
  it('sends every change to the sink, with the media type, the correlator, and a credential only if one was given', () =>
    withGateway(async (gateway) => {
      const { create, sink } = gateway
      const { sessionId } = await create({ sink: `${sink.url}/events?tenant=7` }, { 'x-correlator': 'my-request' })
      await sink.count(1)
      const [received] = sink.received
      expect(received).toMatchObject({
        path: '/events?tenant=7',
        headers: { 'content-type': EVENT_MEDIA_TYPE, 'x-correlator': 'my-request' },
        event: { id: `${sessionId}-1`, data: { sessionId, qosStatus: 'AVAILABLE' } },
      })
      expect(received?.headers.authorization).toBeUndefined()
    }))

  it.each([200, 201, 202, 204, 226])('takes %i for success', (status) =>
    withGateway(async (gateway) => {
      gateway.sink.answer(status)
      const { sessionId } = await gateway.create({ sink: gateway.sink.url })
      await settled(gateway)
      expect(await deliveries(gateway, sessionId)).toMatchObject([{ state: 'delivered', attempts: [{ status }] }])
    }),
  )

  it.each([302, 307, 400, 401, 403, 404, 429, 500, 503])('takes %i for a failure, and tries again', (status) =>
    withGateway(async (gateway) => {
      gateway.sink.answer(status)
      const { sessionId } = await gateway.create({ sink: gateway.sink.url })
      await settled(gateway)
      expect(await deliveries(gateway, sessionId)).toMatchObject([{ state: 'waiting', attempts: [{ status }] }])
      expect(await toNextAttempt(gateway, sessionId)).toMatchObject([
        { state: 'delivered', attempts: [{ status }, { status: 204 }] },
      ])
      const [first, again] = gateway.sink.received
      expect(again?.event).toEqual(first?.event)
    }),
  )

  it('keeps the order within a session: a later event waits for the earlier one', () =>
    withGateway(async (gateway) => {
      const { create, sink } = gateway
      sink.answer(500, 500, 500)
      const { sessionId } = await create({ sink: sink.url })
      await endSession(gateway, sessionId)
      await settled(gateway)
      for (const waits of ['waiting', 'waiting', 'delivered']) {
        const [first, second] = await toNextAttempt(gateway, sessionId)
        expect([first?.state, second?.state]).toEqual([waits, waits])
      }
      expect(sink.received.map(({ event }) => event.id.at(-1))).toEqual(['1', '1', '1', '1', '2'])
    }))

  it('follows the schedule of the contract, each attempt within 20 %, and then gives up [contract 0, events]', () =>
    withGateway(async (gateway) => {
      const { create, sink, admin } = gateway
      sink.answer(...Array.from({ length: 30 }, () => 503))
      const { sessionId } = await create({ sink: sink.url, duration: 86_400 })
      await settled(gateway)
      const due: number[] = []
      let [event] = await deliveries(gateway, sessionId)
      const firstAt = Date.parse(event?.attempts[0]?.at ?? '')
      while (event?.nextAttemptAt !== undefined) {
        due.push(Date.parse(event.nextAttemptAt) - firstAt)
        ;[event] = await toNextAttempt(gateway, sessionId)
      }
      expect(due).toHaveLength(29)
      for (const [index, offset] of due.entries()) {
        const wanted = attemptMs(index + 2)
        expect(offset).toBeGreaterThanOrEqual(0.8 * wanted - 1)
        expect(offset).toBeLessThanOrEqual(1.2 * wanted + 1)
      }
      expect(due.at(-1)).toBeLessThanOrEqual(24 * 3_600_000)
      expect(event).toMatchObject({ state: 'dead', reason: 'the sink answered 503' })
      expect(await admin('GET', '/dead-letters')).toMatchObject([
        { sessionId, eventId: `${sessionId}-1`, attempts: 30 },
      ])
      expect(new Set(sink.received.map(({ event: { id } }) => id))).toEqual(new Set([`${sessionId}-1`]))
    }))

  it('goes on with the next event of a session after a dead letter', () =>
    withGateway(async (gateway) => {
      const { create, sink, advance } = gateway
      sink.answer(...Array.from({ length: 30 }, () => 503))
      const { sessionId } = await create({ sink: sink.url, duration: 86_400 })
      await advance(86_400)
      expect(await deliveries(gateway, sessionId)).toMatchObject([
        { state: 'dead', qosStatus: 'AVAILABLE' },
        { state: 'delivered', qosStatus: 'UNAVAILABLE' },
      ])
    }))

  it('sends nothing more of a session whose sink answers 410, and goes on with others', () =>
    withGateway(async (gateway) => {
      const { create, sink } = gateway
      sink.answer(410)
      const { sessionId } = await create({ sink: sink.url })
      await settled(gateway)
      await endSession(gateway, sessionId)
      const other = await create({ sink: sink.url })
      await settled(gateway)
      expect((await deliveries(gateway, sessionId)).map(({ state, reason }) => [state, reason])).toEqual([
        ['stopped', 'the sink answered 410'],
        ['stopped', undefined],
      ])
      expect(sink.received.map(({ event }) => event.id)).toEqual([`${sessionId}-1`, `${other.sessionId}-1`])
    }))

  it.each([
    ['seconds', '90'],
    ['a date', () => new Date(Date.now() + 90_000).toUTCString()],
  ])('waits for as long as a sink asks with Retry-After: %s [RFC 9110 10.2.3]', (_form, retryAfter) =>
    withGateway(async (gateway) => {
      const { create, sink } = gateway
      const value = typeof retryAfter === 'string' ? retryAfter : retryAfter()
      sink.answer((response) => response.writeHead(503, { 'retry-after': value }).end())
      const { sessionId } = await create({ sink: sink.url })
      await settled(gateway)
      const [event] = await deliveries(gateway, sessionId)
      const waits = Date.parse(event?.nextAttemptAt ?? '') - Date.parse(event?.attempts[0]?.at ?? '')
      // A date has no milliseconds, and some have gone by.
      expect(waits).toBeGreaterThan(85_000)
      expect(await toNextAttempt(gateway, sessionId)).toMatchObject([{ state: 'delivered' }])
    }),
  )

  it('delivers over https with the authorities that an operator names, and refuses others', async () => {
    const authority = createAuthority()
    const dir = mkdtempSync(join(tmpdir(), 'rightofway-ca-'))
    dirs.push(dir)
    writeFileSync(join(dir, 'ca.pem'), authority.cert)
    const trusted = await startSink(authority.issue('127.0.0.1'))
    const stranger = await startSink(createAuthority('another').issue('127.0.0.1'))
    opened.push(trusted, stranger)
    await withGateway(
      async (gateway) => {
        const { create } = gateway
        await create({ sink: trusted.url })
        await trusted.count(1)
        const { sessionId } = await create({ sink: stranger.url, applicationServer: { ipv4Address: '192.0.2.9' } })
        await settled(gateway)
        const [event] = await deliveries(gateway, sessionId)
        expect(event?.state).toBe('waiting')
        expect(event?.attempts[0]?.reason).toContain('not reached')
        expect(stranger.received).toEqual([])
      },
      { settings: { 'sinks.ca': join(dir, 'ca.pem') } },
    )
  })

  it('continues after a restart, with the same ids', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'rightofway-restart-'))
    dirs.push(dataDir)
    const receiver = await startSink()
    opened.push(receiver)
    receiver.answer(500)
    const before = await startTestGateway({ dataDir })
    const { sessionId } = await before.create({ sink: receiver.url })
    await settled(before)
    await before.close()
    await withGateway(
      async (after) => {
        await after.advance(2)
        expect(await deliveries(after, sessionId)).toMatchObject([{ state: 'delivered' }])
        expect(receiver.received.map(({ event }) => event.id)).toEqual([`${sessionId}-1`, `${sessionId}-1`])
      },
      { dataDir },
    )
  })
})

describe('sinks that do not answer', () => {
  it('delay no other sink, and get a limited number of attempts at once', async () => {
    const hanging: ServerResponse[] = []
    const silent = await startSink()
    silent.answer(...Array.from({ length: 60 }, () => (response: ServerResponse) => void hanging.push(response)))
    const release = () => {
      for (const response of hanging.splice(0)) response.writeHead(204).end()
    }
    await withGateway(async (gateway) => {
      const { create, call, sink, admin } = gateway
      try {
        for (let n = 1; n <= 40; n++) {
          await create({ sink: silent.url, applicationServer: { ipv4Address: `192.0.2.${n}` } })
        }
        await silent.count(16)
        const quick = await create({ sink: sink.url, applicationServer: { ipv4Address: '192.0.2.200' } })
        await expect.poll(async () => (await deliveries(gateway, quick.sessionId))[0]?.state).toBe('delivered')
        expect(silent.received).toHaveLength(16)
        const { text } = await call('GET', '/metrics')
        expect(text).toContain('rightofway_event_attempts_under_way{pool="quick"} 16')
        expect(text).toContain('rightofway_event_queues{state="held"} 1')
        expect(text).toContain('rightofway_event_deliveries{state="waiting"} 40')
        expect(await admin('GET', '/event-queues')).toMatchObject([
          { host: new URL(silent.url).host, waiting: 40, underWay: 16, slow: false },
        ])
        // As soon as there is room the others follow.
        release()
        await silent.count(32)
        release()
        await silent.count(40)
        release()
        await settled(gateway)
        expect(new Set(silent.received.map(({ event }) => event.id)).size).toBe(40)
      } finally {
        // Where something went wrong: the gateway waits for attempts to end when it is closed.
        release()
        await silent.close()
      }
    })
  })
})

describe('the credential of a sink', () => {
  const credential = (accessTokenExpiresUtc: string) => ({
    credentialType: 'ACCESSTOKEN' as const,
    accessToken: 'token-for-the-sink',
    accessTokenExpiresUtc,
    accessTokenType: 'bearer' as const,
  })
  const TOMORROW = new Date(Date.now() + 86_400_000).toISOString()
  const YESTERDAY = new Date(Date.now() - 86_400_000).toISOString()

  it('is sent as a bearer token, and appears in no answer, log or file', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'rightofway-credential-'))
    dirs.push(dataDir)
    const logs: string[] = []
    await withGateway(
      async (gateway) => {
        const { create, call, sink } = gateway
        sink.answer(503)
        const session = await create({ sink: sink.url, sinkCredential: credential(TOMORROW) })
        await settled(gateway)
        await toNextAttempt(gateway, session.sessionId)
        const tokens = sink.received.map(({ headers }) => headers.authorization)
        expect(tokens).toEqual(['Bearer token-for-the-sink', 'Bearer token-for-the-sink'])
        expect(JSON.stringify(session)).not.toContain('token-for-the-sink')
        expect((await call('GET', `${QOD}/sessions/${session.sessionId}`)).text).not.toContain('token-for-the-sink')
        expect(JSON.stringify(await deliveries(gateway, session.sessionId))).not.toContain('token-for-the-sink')
      },
      { dataDir, logs },
    )
    expect(logs.join('')).not.toContain('token-for-the-sink')
    expect(filesOf(dataDir).filter((content) => content.includes('token-for-the-sink'))).toEqual([])
  })

  it('is never sent after its expiry: the event is a dead letter that says why', () =>
    withGateway(async (gateway) => {
      const { create, sink, admin } = gateway
      const { sessionId } = await create({ sink: sink.url, sinkCredential: credential(YESTERDAY) })
      await settled(gateway)
      expect(sink.received).toEqual([])
      expect(await admin('GET', '/dead-letters')).toMatchObject([
        { sessionId, attempts: 1, reason: 'the access token of the sink has expired' },
      ])
    }))

  it('leads to a warning if it expires before its session [createSession, extendQosSessionDuration]', async () => {
    const logs: string[] = []
    await withGateway(
      async ({ call, sink }) => {
        const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
        const create = (duration: number, port: number, headers = {}) =>
          call<SessionInfo>('POST', `${QOD}/sessions`, {
            headers,
            body: {
              ...A_SESSION,
              applicationServerPorts: { ports: [port] },
              duration,
              sink: sink.url,
              sinkCredential: credential(inAnHour),
            },
          })
        const warned =
          `299 - "The access token of the sink expires at ${inAnHour}, before the session ends. Events after that ` +
          'time are not sent."'
        const short = await create(1800, 1)
        expect(short.headers['warning']).toBe(undefined)
        const long = await create(7200, 2)
        expect(long.headers['warning']).toBe(warned)
        const headers = { prefer: 'respond-async' }
        expect((await create(7200, 3, headers)).headers).toMatchObject({
          warning: warned,
          'preference-applied': 'respond-async',
        })
        const extend = (seconds: number) =>
          call('POST', `${QOD}/sessions/${short.body.sessionId}/extend`, {
            body: { requestedAdditionalDuration: seconds },
          })
        expect((await extend(600)).headers['warning']).toBe(undefined)
        expect(logs.filter((line) => line.includes(short.body.sessionId) && line.includes('expires before'))).toEqual(
          [],
        )
        expect((await extend(3600)).headers['warning']).toBe(warned)
        const { text } = await call('GET', '/metrics', { key: null })
        expect(text).toContain('rightofway_event_short_tokens_total 3')
        expect(logs.filter((line) => line.includes('the access token of a sink expires before'))).toHaveLength(3)
      },
      { logs },
    )
  })

  it('cannot be read without its key: sessions continue, events become dead letters that say why, until the key is back', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'rightofway-keyring-'))
    dirs.push(dataDir)
    const receiver = await startSink()
    opened.push(receiver)
    const keyring = join(dataDir, 'keyring')
    let sessionId = ''
    await withGateway(
      async (gateway) => {
        sessionId = (await gateway.create({ sink: receiver.url, sinkCredential: credential(TOMORROW) })).sessionId
        await receiver.count(1)
      },
      { dataDir },
    )
    renameSync(keyring, `${keyring}.lost`)
    await withGateway(
      async (gateway) => {
        await gateway.advance(3600)
        const [, ended] = await deliveries(gateway, sessionId)
        expect(ended).toMatchObject({ state: 'dead', qosStatus: 'UNAVAILABLE' })
        expect(ended?.reason).toContain('a secret cannot be decrypted')
        expect((await gateway.call('GET', '/readyz', { key: null })).status).toBe(503)
        expect(receiver.received).toHaveLength(1)
      },
      { dataDir },
    )
    renameSync(`${keyring}.lost`, keyring)
    await withGateway(
      async (gateway) => {
        expect(await gateway.admin('POST', '/dead-letters/redeliver')).toEqual({ redelivered: 1 })
        await receiver.count(2)
        expect(receiver.received.map(({ headers }) => headers.authorization)).toEqual([
          'Bearer token-for-the-sink',
          'Bearer token-for-the-sink',
        ])
      },
      { dataDir },
    )
  })
})

describe('redelivery by an operator', () => {
  /** A session whose first event died of a token that had expired, and whose sink would take it now. */
  const withDeadLetter = (use: (gateway: TestGateway, sessionId: string) => Promise<void>) =>
    withGateway(async (gateway) => {
      const { create, sink } = gateway
      sink.answer(...Array.from({ length: 30 }, () => 503))
      const { sessionId } = await create({ sink: sink.url, duration: 86_400 })
      await gateway.advance(86_000)
      expect(await deliveries(gateway, sessionId)).toMatchObject([{ state: 'dead' }])
      await use(gateway, sessionId)
    })

  it.each<[string, (session: string) => string]>([
    ['all dead letters', () => '/dead-letters/redeliver'],
    ['those of a session', (session) => `/sessions/${session}/redeliver`],
    ['a single event', (session) => `/events/${session}-1/redeliver`],
  ])('puts %s back in line, with the same id', (_what, path) =>
    withDeadLetter(async (gateway, sessionId) => {
      expect(await gateway.admin('POST', path(sessionId))).toEqual({ redelivered: 1 })
      await gateway.sink.count(31)
      await settled(gateway)
      expect(gateway.sink.received[30]?.event).toEqual(gateway.sink.received[0]?.event)
      expect(await gateway.admin('GET', '/dead-letters')).toEqual([])
      const [event] = await deliveries(gateway, sessionId)
      expect(event).toMatchObject({ state: 'delivered' })
      expect(event?.attempts).toHaveLength(31)
    }),
  )

  it('starts the schedule anew: a sink that still fails has another 24 h', () =>
    withDeadLetter(async (gateway, sessionId) => {
      gateway.sink.answer(503)
      await gateway.admin('POST', `/events/${sessionId}-1/redeliver`)
      await settled(gateway)
      const [event] = await deliveries(gateway, sessionId)
      const last = event?.attempts.at(-1)
      const waits = Date.parse(event?.nextAttemptAt ?? '') - Date.parse(last?.at ?? '')
      expect(event?.state).toBe('waiting')
      expect(waits).toBeLessThanOrEqual(1_201)
    }))

  it('sends an event that was delivered once more, for a receiver that lost it', () =>
    withGateway(async (gateway) => {
      const { sessionId } = await gateway.create({ sink: gateway.sink.url })
      await settled(gateway)
      await gateway.admin('POST', `/events/${sessionId}-1/redeliver`)
      await gateway.sink.count(2)
      expect(gateway.sink.received[1]?.event).toEqual(gateway.sink.received[0]?.event)
    }))

  it('brings the next attempt of a waiting event forward', () =>
    withGateway(async (gateway) => {
      gateway.sink.answer((response) => response.writeHead(503, { 'retry-after': '3600' }).end())
      const { sessionId } = await gateway.create({ sink: gateway.sink.url })
      await settled(gateway)
      await gateway.admin('POST', `/sessions/${sessionId}/redeliver`)
      await gateway.sink.count(2)
      await settled(gateway)
      expect(await deliveries(gateway, sessionId)).toMatchObject([{ state: 'delivered' }])
    }))

  it.each([
    ['of a session that nobody knows', '/sessions/01890a5d-ac96-774b-bcce-b302099a8057/redeliver', 404],
    ['that nobody knows', '/events/01890a5d-ac96-774b-bcce-b302099a8057-1/redeliver', 404],
    ['by what is no id', '/events/nonsense/redeliver', 404],
  ])('says that there is no event %s', (_what, path, status) =>
    withGateway(async ({ admin }) => {
      await expect(admin('POST', path)).rejects.toThrow(`${status} `)
    }),
  )

  it('refuses events of a session without a sink, or of one that is no longer kept', () =>
    withGateway(async (gateway) => {
      const silent = await gateway.create()
      await expect(gateway.admin('POST', `/events/${silent.sessionId}-1/redeliver`)).rejects.toThrow('no sink')
      await endSession(gateway, silent.sessionId)
      const told = await gateway.create({ sink: gateway.sink.url })
      await endSession(gateway, told.sessionId)
      await settled(gateway)
      await expect(gateway.admin('POST', `/events/${told.sessionId}-1/redeliver`)).rejects.toThrow('no longer kept')
    }))
})

/** What is in the files of a folder, without its keyring. */
function filesOf(dataDir: string): string[] {
  return readdirSync(dataDir, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'keyring')
    .map(({ name }) => readFileSync(join(dataDir, name)).toString('latin1'))
}
