import type { ErrorInfo } from '@rightofway/camara'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { QOD, startTestGateway, type TestGateway } from '../../../test/support/gateway.js'

/** Operations on one session: all answer alike for an unknown session, or another caller's. */
const OPERATIONS = [
  ['getSession', 'GET', ''],
  ['deleteSession', 'DELETE', ''],
  ['extendQosSessionDuration', 'POST', '/extend'],
  ['watchSession', 'GET', '/events'],
] as const

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway.close())

describe.each(OPERATIONS)('%s', (_operation, method, suffix) => {
  const ask = (id: string, key = gateway.key) =>
    gateway.call<ErrorInfo>(method, `${QOD}/sessions/${id}${suffix}`, {
      key,
      ...(suffix === '/extend' && { body: { requestedAdditionalDuration: 60 } }),
    })
  const notFound = { status: 404, code: 'NOT_FOUND', message: 'There is no such session.' }

  it.each([
    ['7', 'must be a UUID'],
    ['00000000-0000-4000-8000-00000000000', 'must be a UUID'],
    ['%20', 'must be a UUID'],
    ['rsv-00000000-0000-4000-8000-000000000000', 'must have at most 36 characters'],
  ])('answers 400 to an id that is no UUID: %s [2.2]', async (id, words) => {
    const message = `sessionId (path) ${words}`
    expect((await ask(id)).body).toEqual({ status: 400, code: 'INVALID_ARGUMENT', message })
  })

  it('accepts the id of a session in upper case too [RFC 9562 section 4]', async () => {
    const { sessionId } = await gateway.create()
    const stranger = await gateway.newKey()
    // 403 shows that it was found. An own session would be changed for the next test.
    expect((await ask(sessionId.toUpperCase(), stranger.key)).status).toBe(403)
    expect((await gateway.call('DELETE', `${QOD}/sessions/${sessionId.toUpperCase()}`)).status).toBe(204)
  })

  it('answers 404 to an unknown id [2.2]', async () => {
    expect((await ask('00000000-0000-4000-8000-000000000000')).body).toEqual(notFound)
  })

  it('answers 403 to any key of another application [2.0: ownership]', async () => {
    const { sessionId } = await gateway.create()
    const stranger = await gateway.newKey()
    const foreign = { status: 403, code: 'PERMISSION_DENIED', message: 'This session belongs to another caller.' }
    expect((await ask(sessionId, stranger.key)).body).toEqual(foreign)
    await gateway.call('DELETE', `${QOD}/sessions/${sessionId}`)
    // A deleted session has no owner.
    expect((await ask(sessionId, stranger.key)).body).toEqual(notFound)
  })

  it('accepts any key of the application of the session', async () => {
    const { application, key } = await gateway.newKey()
    const second = await gateway.admin<{ key: string }>('POST', `/applications/${application}/keys`, {})
    const path = `${QOD}/sessions`
    const created = await gateway.call<{ sessionId: string }>('POST', path, {
      key,
      body: {
        device: { phoneNumber: '+36721601234567' },
        applicationServer: { ipv4Address: '233.252.0.77' },
        qosProfile: 'QOS_S',
        duration: 60,
      },
    })
    const answer = ask(created.body.sessionId, second.key)
    // A stream ends when its session does.
    if (suffix === '/events') await gateway.call('DELETE', `${path}/${created.body.sessionId}`, { key })
    expect((await answer).status).toBeLessThan(300)
    await gateway.call('DELETE', `${path}/${created.body.sessionId}`, { key })
  })

  it('answers 404 to a deleted session, and after the retention of an ended one [2.5: 9, 11]', async () => {
    const deleted = await gateway.create()
    await gateway.call('DELETE', `${QOD}/sessions/${deleted.sessionId}`)
    expect((await ask(deleted.sessionId)).body).toEqual(notFound)

    const expired = await gateway.create()
    await gateway.advance(3600 + 360)
    expect((await ask(expired.sessionId)).body).toEqual(notFound)
  })
})
