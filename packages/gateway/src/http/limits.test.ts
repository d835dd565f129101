import type { ErrorInfo, SessionInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { A_SESSION, PAGE_DEVICE, PROFILES, QOD, type TestGateway, withGateway } from '../../test/support/gateway.js'

const profile = ({ call }: TestGateway, key?: string) =>
  call<ErrorInfo>('GET', `${PROFILES}/qos-profiles/QOS_L`, key === undefined ? {} : { key })

const to = (host: number) => ({ ...A_SESSION, applicationServer: { ipv4Address: `198.51.100.${host}` } })

const create = ({ call }: TestGateway, host: number, key?: string) =>
  call<ErrorInfo & SessionInfo>('POST', `${QOD}/sessions`, { body: to(host), ...(key !== undefined && { key }) })

describe('a rate', () => {
  it('is counted for each application and operation, with retry-after [TOO_MANY_REQUESTS]', () =>
    withGateway(
      async (gateway) => {
        const { key: other } = await gateway.newKey()
        expect([(await profile(gateway)).status, (await profile(gateway)).status]).toEqual([200, 200])
        const refused = await profile(gateway)
        expect(refused.body).toEqual({
          status: 429,
          code: 'TOO_MANY_REQUESTS',
          message: 'The rate limit of this application for getQosProfile is 1 requests per second: try again later.',
        })
        expect(refused.headers['retry-after']).toBe('1')
        expect((await profile(gateway, other)).status).toBe(200)
        expect((await gateway.call('POST', `${PROFILES}/retrieve-qos-profiles`, { body: {} })).status).toBe(200)
      },
      { settings: { 'limits.requestsPerSecond': 1 } },
    ))

  it('can be set for one operation', () =>
    withGateway(
      async (gateway) => {
        await profile(gateway)
        await profile(gateway)
        expect((await profile(gateway)).status).toBe(429)
        for (let i = 0; i < 10; i++) expect((await gateway.call('GET', `${QOD}/sessions`)).status).toBe(200)
      },
      { settings: { 'limits.operations.getQosProfile': 1 } },
    ))

  it('can be set for one application, applies at once, and is recorded', () =>
    withGateway(async (gateway) => {
      const { application, key } = await gateway.newKey()
      expect((await profile(gateway, key)).status).toBe(200)
      const limits = { requestsPerSecond: 1, burst: 1, operations: { listSessions: 5 } }
      expect(await gateway.admin('PUT', `/applications/${application}/limits`, limits)).toMatchObject({
        own: limits,
        inForce: { ...limits, sessions: 100_000 },
      })
      expect([(await profile(gateway, key)).status, (await profile(gateway, key)).status]).toContain(429)
      expect((await profile(gateway)).status).toBe(200)
      await gateway.admin('PUT', `/applications/${application}/limits`, {})
      expect(await gateway.admin('GET', `/applications/${application}/limits`)).toMatchObject({
        own: {},
        inForce: { requestsPerSecond: 500, burst: 1_000, operations: { createSession: 500, getSession: 500 } },
      })
      expect(await gateway.admin('GET', `/changes?of=limits&name=${application}`)).toMatchObject([
        { by: 'admin socket', before: limits },
        { by: 'admin socket', after: limits },
      ])
    }))
})

describe('a quota of sessions', () => {
  it('is counted exactly for concurrent requests, and freed when a session ends [QUOTA_EXCEEDED]', () =>
    withGateway(
      async (gateway) => {
        const answers = await Promise.all(Array.from({ length: 20 }, (_, host) => create(gateway, host)))
        const statuses = answers.map(({ status }) => status).sort()
        expect(statuses).toEqual([...Array<number>(5).fill(201), ...Array<number>(15).fill(429)])
        expect(answers.find(({ status }) => status === 429)?.body).toEqual({
          status: 429,
          code: 'QUOTA_EXCEEDED',
          message: 'This application already has its maximum of 5 sessions',
        })
        const { key: other } = await gateway.newKey()
        expect((await create(gateway, 100, other)).status).toBe(201)
        const made = answers.find(({ status }) => status === 201)?.body as SessionInfo
        await gateway.call('DELETE', `${QOD}/sessions/${made.sessionId}`)
        expect((await create(gateway, 101)).status).toBe(201)
        expect((await create(gateway, 102)).status).toBe(429)
        await gateway.advance(3_600)
        expect((await create(gateway, 103)).status).toBe(201)
      },
      { settings: { 'limits.sessions': 5 } },
    ))

  it('of a device counts the sessions of all applications', () =>
    withGateway(
      async (gateway) => {
        const { key: other } = await gateway.newKey()
        expect((await create(gateway, 1)).status).toBe(201)
        expect((await create(gateway, 2, other)).status).toBe(201)
        expect((await create(gateway, 3)).body).toMatchObject({
          code: 'QUOTA_EXCEEDED',
          message: 'This device already has its maximum of 2 sessions',
        })
        await gateway.advance(3_600)
        expect((await create(gateway, 3)).status).toBe(201)
        expect(A_SESSION.device).toEqual(PAGE_DEVICE)
      },
      { settings: { 'limits.sessionsPerDevice': 2 } },
    ))
})
