import type { AssignmentInfo, ErrorInfo } from '@rightofway/camara'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { A_SESSION, PAGE_DEVICE, QOD, startTestGateway, type TestGateway } from '../../../test/support/gateway.js'
import type { AdminSession, AdminSessionDetail, Overview } from './types.js'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway.close())

const detail = (id: string) => gateway.admin<AdminSessionDetail>('GET', `/sessions/${id}`)

describe('sessions, for operators', () => {
  it('lists those of all applications by what is asked, and shows one with its events [listSessions]', async () => {
    const { sessionId } = await gateway.create()
    const { key, application } = await gateway.newKey()
    const other = { ...A_SESSION, applicationServer: { ipv4Address: '198.51.100.9' }, qosProfile: 'QOS_S' }
    await gateway.call('POST', `${QOD}/sessions`, { key, body: other })
    const list = async (query: string) =>
      (await gateway.admin<{ sessions: AdminSession[] }>('GET', `/sessions?${query}`)).sessions
    expect(await list('status=AVAILABLE')).toHaveLength(2)
    expect(await list('status=REQUESTED')).toHaveLength(0)
    expect((await list(`application=${application}`)).map(({ qosProfile }) => qosProfile)).toEqual(['QOS_S'])
    expect((await list('profile=QOS_L')).map((session) => session.sessionId)).toEqual([sessionId])
    expect(await list('device=page-device')).toHaveLength(2)
    expect(await detail(sessionId)).toMatchObject({
      sessionId,
      qosStatus: 'AVAILABLE',
      device: 'page-device',
      server: ['233.252.0.2/32'],
      networkTold: true,
      counted: false,
      events: [{ ordinal: 1, qosStatus: 'AVAILABLE' }],
    })
    const usage = await gateway.callAdmin<ErrorInfo>('GET', `/sessions/${sessionId}/usage`)
    expect(usage).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  })

  it('extends one, ends one for NETWORK_TERMINATED, and does not end it twice [extendSession, endSession]', async () => {
    const { sessionId } = await gateway.create({ applicationServer: { ipv4Address: '198.51.100.10' } })
    const extended = await gateway.admin<AdminSession>('POST', `/sessions/${sessionId}/extend`, {
      requestedAdditionalDuration: 60,
    })
    expect(extended.duration).toBe(3660)
    const ended = await gateway.admin<AdminSession>('POST', `/sessions/${sessionId}/end`)
    expect(ended).toMatchObject({ qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
    expect(await gateway.callAdmin('POST', `/sessions/${sessionId}/end`)).toMatchObject({ status: 409 })
    const { body } = await gateway.call(`GET`, `${QOD}/sessions/${sessionId}`)
    expect(body).toMatchObject({ qosStatus: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
  })

  it('creates one as its application would, with the same refusals [createSessionFor]', async () => {
    const { application } = await gateway.newKey()
    const path = `/applications/${application}/sessions`
    const body = { ...A_SESSION, applicationServer: { ipv4Address: '198.51.100.11' } }
    const made = await gateway.admin<{ sessionId: string }>('POST', path, body)
    expect(await detail(made.sessionId)).toMatchObject({ application, qosStatus: 'AVAILABLE' })
    const refused = await gateway.callAdmin<ErrorInfo>('POST', path, { ...body, duration: 0 })
    expect(refused.body).toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' })
    expect(refused.body.message).toContain('duration')
    expect(await gateway.callAdmin('POST', '/applications/app-0/sessions', body)).toMatchObject({ status: 404 })
  })

  it('counts sessions and guaranteed rates [getOverview]', async () => {
    const overview = await gateway.admin<Overview>('GET', '/overview')
    const { sessions } = await gateway.admin<{ sessions: AdminSession[] }>('GET', '/sessions')
    const of = (status: string) => sessions.filter(({ qosStatus }) => qosStatus === status)
    expect(overview.sessions).toMatchObject({
      complete: true,
      available: of('AVAILABLE').length,
      unavailable: of('UNAVAILABLE').length,
    })
    const promised = of('AVAILABLE').reduce((sum, { downlink }) => sum + downlink.guaranteedBps, 0)
    expect(overview.networks[0]?.downlink).toEqual({ guaranteedBps: promised, capacityBps: 100_000_000_000 })
    expect(overview.attention).toContainEqual({
      kind: 'refused',
      text: '1 session was ended or refused by a network',
    })
    expect(overview.grants.count).toBe(sessions.length)
  })

  it('counts the rates of assignments too, and shows none as a session [getOverview, getSession]', async () => {
    const before = await gateway.admin<Overview>('GET', '/overview')
    const { body: assignment } = await gateway.call<AssignmentInfo>('POST', '/qos-provisioning/v0.4/qos-assignments', {
      body: { device: PAGE_DEVICE, qosProfile: 'QOS_L' },
    })
    expect(assignment.status).toBe('AVAILABLE')
    const { sessions } = await gateway.admin<{ sessions: AdminSession[] }>('GET', '/sessions?profile=QOS_L')
    const guaranteedBps = sessions[0]?.downlink.guaranteedBps ?? 0
    expect(guaranteedBps).toBeGreaterThan(0)
    const after = await gateway.admin<Overview>('GET', '/overview')
    expect(after.networks[0]?.downlink.guaranteedBps).toBe(
      (before.networks[0]?.downlink.guaranteedBps ?? 0) + guaranteedBps,
    )
    expect(after.sessions).toEqual(before.sessions)
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/usage'],
      ['POST', '/end'],
    ] as const) {
      const refused = await gateway.callAdmin(method, `/sessions/${assignment.assignmentId}${path}`)
      expect(refused.status, `${method} ${path}`).toBe(404)
    }
  })
})

describe('sessions, live [watchSessions]', () => {
  it('sends the existing ones, and then every change, until they are gone', async () => {
    const stop = new AbortController()
    const live = await startTestGateway()
    try {
      const before = await live.create()
      // Requests in process have no connection to close: a route of the test reads the stream of live sessions.
      const answer = live.adminApp.inject({
        method: 'GET',
        url: '/admin/v1/sessions/stream',
        payloadAsStream: true,
        signal: stop.signal,
      })
      const text = (await answer).stream().setEncoding('utf8')
      const seen: { event: string; data: Record<string, unknown> }[] = []
      const until = async (found: () => boolean) => {
        while (!found()) {
          const chunk = await new Promise<string>((resolve) => text.once('data', resolve))
          for (const [, event = '', data = ''] of chunk.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)) {
            seen.push({ event, data: JSON.parse(data) as Record<string, unknown> })
          }
        }
      }
      await until(() => seen.some(({ data }) => data['complete'] === true))
      expect(JSON.stringify(seen)).toContain(before.sessionId)
      const next = await live.create({ applicationServer: { ipv4Address: '198.51.100.12' } })
      await until(() => JSON.stringify(seen).includes(next.sessionId))
      await live.advance(3600 + 361)
      const gone = () => seen.flatMap(({ data }) => (data['gone'] as string[] | undefined) ?? [])
      await until(() => gone().length === 2)
      expect(gone().sort()).toEqual([before.sessionId, next.sessionId].sort())
    } finally {
      stop.abort()
      await live.close()
    }
  })
})
