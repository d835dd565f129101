import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startSandbox } from '@rightofway/sandbox'
import { describe, expect, it } from 'vitest'
import { fakeFetch, json, type ManualTime, manualTime, noContent, refusal } from './fakes.fixture.js'
import {
  camara,
  NetworkAsCodeClient,
  nokia,
  parseAssignmentEvent,
  parseQodEvent,
  QodArgumentError,
  type QosAssignmentEvent,
} from './index.js'
import type { AssignmentInfo } from './wire.js'

const PHONE = { phoneNumber: '+36721601234567' }
const ID = '019748a0-1c2d-8e4f-9a5b-6c7d8e9f0a1b'
const info = (more: Partial<AssignmentInfo> = {}): AssignmentInfo => ({
  assignmentId: ID,
  qosProfile: 'QOS_E',
  status: 'AVAILABLE',
  startedAt: '2030-01-01T12:00:00Z',
  ...more,
})
const REVOKING = info({ statusInfo: 'DELETE_REQUESTED' })
const REVOKED = info({ status: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED' })

type Options = ConstructorParameters<typeof NetworkAsCodeClient>[0] & object
type Constructor = new (options: Options, time: ManualTime) => NetworkAsCodeClient

const deviceOf = (fetch: typeof globalThis.fetch) =>
  new (NetworkAsCodeClient as never as Constructor)(
    { token: 'key', endpoint: camara({ baseUrl: 'https://qod.example' }), retries: 0, fetch },
    manualTime(),
  ).devices.get(PHONE)

describe('assigning a profile to a device', () => {
  it('covers its life at a gateway: assigned, found, followed, revoked, deleted, assigned again', async () => {
    await using sandbox = await startSandbox()
    const device = sandbox.client().devices.get(PHONE)
    expect(await device.qosAssignment()).toBeUndefined()
    const assignment = await device.assignQos({ profile: 'QOS_L' })
    await assignment.settled()
    expect(assignment).toMatchObject({ profile: 'QOS_L', status: 'AVAILABLE', expiresAt: undefined })
    expect(assignment.startedAt).toBeInstanceOf(Date)
    const found = await device.qosAssignment()
    expect(found?.id).toBe(assignment.id)
    await expect(device.assignQos({ profile: 'QOS_L' })).rejects.toMatchObject({ code: 'CONFLICT' })
    const session = await device.createQodSession({ profile: 'QOS_S', serviceIpv4: '233.252.0.2', duration: 60 })
    expect((await session.settled()).status).toBe('AVAILABLE')

    const changes = (async () => {
      const seen: unknown[] = []
      for await (const { status, statusInfo } of assignment.changes()) seen.push([status, statusInfo])
      return seen
    })()
    await found?.revoke()
    expect(found).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED' })
    expect(await changes).toEqual([['UNAVAILABLE', 'DELETE_REQUESTED']])
    await expect(device.assignQos({ profile: 'QOS_L' })).rejects.toMatchObject({ code: 'CONFLICT' })
    await found?.revoke()
    const second = await device.assignQos({ profile: 'QOS_L' })
    await second.revoke({ forget: true })
    const third = await device.assignQos({ profile: 'QOS_L' })
    await third.revoke()
    await third.refresh()
    expect(third).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED' })
  })

  it('sends only what CAMARA has to any operator', async () => {
    const { fetch, asked } = fakeFetch([json(201, info()), json(200, info()), noContent()])
    const device = deviceOf(fetch)
    const assignment = await device.assignQos({
      profile: 'QOS_E',
      sink: 'https://app.example/events',
      sinkCredential: { credentialType: 'PRIVATE_KEY_JWT' },
    })
    await device.qosAssignment()
    await assignment.revoke()
    const url = 'https://qod.example/qos-provisioning/v0.3'
    expect(asked.map(({ method, url: at, body }) => [method, at, body])).toEqual([
      [
        'POST',
        `${url}/qos-assignments`,
        {
          device: PHONE,
          qosProfile: 'QOS_E',
          sink: 'https://app.example/events',
          sinkCredential: { credentialType: 'PRIVATE_KEY_JWT' },
        },
      ],
      ['POST', `${url}/retrieve-qos-assignment`, { device: PHONE }],
      ['DELETE', `${url}/qos-assignments/${ID}`, undefined],
    ])
    expect(asked[0]?.headers).not.toHaveProperty('idempotency-key')
  })

  it('shows that the release is pending, and waits for it on request [202]', async () => {
    const { fetch, asked } = fakeFetch([
      json(201, info()),
      json(202, REVOKING),
      json(200, REVOKING),
      json(200, REVOKED),
    ])
    const assignment = await deviceOf(fetch).assignQos({ profile: 'QOS_E' })
    await assignment.revoke()
    expect(assignment).toMatchObject({ status: 'AVAILABLE', statusInfo: 'DELETE_REQUESTED' })
    await assignment.ended()
    expect(assignment).toMatchObject({ status: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED' })
    expect(asked).toHaveLength(4)
  })

  it('shows why the network refused it, and that a device has none', async () => {
    const refused = info({ status: 'UNAVAILABLE', statusInfo: 'NETWORK_TERMINATED' })
    const { fetch } = fakeFetch([
      json(201, refused, { warning: '299 - "its capacity is used up"' }),
      refusal(404, 'NOT_FOUND'),
      refusal(404, 'IDENTIFIER_NOT_FOUND'),
    ])
    const device = deviceOf(fetch)
    expect((await device.assignQos({ profile: 'QOS_E' })).reason).toBe('its capacity is used up')
    expect(await device.qosAssignment()).toBeUndefined()
    await expect(device.qosAssignment()).rejects.toMatchObject({ code: 'IDENTIFIER_NOT_FOUND' })
  })

  it('refuses invalid arguments, and endpoints without the API, before anything is sent', async () => {
    const { fetch, asked } = fakeFetch([])
    await expect(deviceOf(fetch).assignQos({ profile: '' })).rejects.toBeInstanceOf(QodArgumentError)
    const other = new NetworkAsCodeClient({ token: 'key', endpoint: nokia(), fetch }).devices.get(PHONE)
    await expect(other.assignQos({ profile: 'QOS_E' })).rejects.toThrow('nokia has no qos-provisioning API')
    expect(asked).toEqual([])
  })
})

describe('an event of an assignment', () => {
  const EVENT = {
    id: `${ID}-2`,
    source: `https://qod.example/qos-provisioning/v0.4/qos-assignments/${ID}`,
    specversion: '1.0',
    type: 'org.camaraproject.qos-provisioning.v0.status-changed',
    time: '2030-01-01T12:00:00.000Z',
    datacontenttype: 'application/json',
    data: { assignmentId: ID, status: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED' },
  }
  const request = (event: object, token = 'secret') =>
    new Request('https://app.example/events', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify(event),
    })

  it('is read from the request that a gateway sends to its sink', async () => {
    const read: QosAssignmentEvent[] = []
    let isComplete: () => void = () => undefined
    const complete = new Promise<void>((resolve) => {
      isComplete = resolve
    })
    const server = createServer((incoming, response) => {
      parseAssignmentEvent(incoming, { token: 'secret' }).then(
        (event) => {
          read.push(event)
          response.writeHead(204).end()
          if (read.length === 2) isComplete()
        },
        (error: unknown) => response.writeHead(400).end(String(error)),
      )
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      await using sandbox = await startSandbox()
      const assignment = await sandbox
        .client()
        .devices.get(PHONE)
        .assignQos({
          profile: 'QOS_L',
          sink: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
          sinkCredential: {
            credentialType: 'ACCESSTOKEN',
            accessToken: 'secret',
            accessTokenExpiresUtc: '2999-12-31T00:00:00Z',
            accessTokenType: 'bearer',
          },
        })
      await assignment.revoke()
      await complete
      expect(read).toMatchObject([
        { assignmentId: assignment.id, status: 'AVAILABLE', statusInfo: undefined },
        { assignmentId: assignment.id, status: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED' },
      ])
      expect(read[0]?.source).toMatch(/\/qos-provisioning\/v0\.4\/qos-assignments\/[0-9a-f-]{36}$/)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('is refused if its sender is unknown, or if it is not an event', async () => {
    expect(await parseAssignmentEvent(request(EVENT), { token: 'secret' })).toEqual({
      id: EVENT.id,
      source: EVENT.source,
      type: EVENT.type,
      time: new Date(EVENT.time),
      assignmentId: ID,
      status: 'UNAVAILABLE',
      statusInfo: 'DELETE_REQUESTED',
    })
    const refusal = (event: object, token?: string) =>
      parseAssignmentEvent(request(event, token), { token: 'secret' }).catch((error: unknown) => error)
    expect(await refusal(EVENT, 'other')).toMatchObject({ status: 401 })
    for (const wrong of [
      { ...EVENT, type: 'org.camaraproject.quality-on-demand.v1.qos-status-changed' },
      { ...EVENT, data: { ...EVENT.data, status: 'REQUESTED' } },
      { ...EVENT, data: { status: 'AVAILABLE' } },
      { ...EVENT, time: 'noon' },
    ]) {
      expect(await refusal(wrong)).toMatchObject({ status: 400 })
    }
    await expect(parseQodEvent(request(EVENT), { token: 'secret' })).rejects.toMatchObject({ status: 400 })
  })
})
