import { expect, it } from 'vitest'
import { APP_SESSIONS, contextOf, type HeldList, startCore } from '../core.fixture.js'

const CAPACITY = { downlinkBps: 50_000_000, uplinkBps: 30_000_000 }

it('refuses guarantees beyond the capacity, of both APIs together, and nothing without a guarantee', async () => {
  const core = await startCore({
    settings: {
      capacity: CAPACITY,
      qosReferences: { qod_l: { fiveQi: 2, downlinkBps: 20_000_000 }, qod_b: { fiveQi: 5 } },
    },
  })
  try {
    const subscribe = (qosReference: string) =>
      core.ask('POST', '/3gpp-as-session-with-qos/v1/gateway/subscriptions', {
        ...{ notificationDestination: 'http://127.0.0.1:1/x', ueIpv4Addr: '10.45.0.2', qosReference },
      })
    const create = () => core.ask('POST', APP_SESSIONS, contextOf('http://127.0.0.1:1/x'))
    // 20 Mbit/s in both directions, then 20 more of the downlink.
    expect((await create()).status).toBe(201)
    expect((await subscribe('qod_l')).status).toBe(201)
    expect(await create()).toMatchObject({
      status: 403,
      body: { cause: 'REQUESTED_SERVICE_TEMPORARILY_NOT_AUTHORIZED' },
    })
    expect((await subscribe('qod_l')).status).toBe(403)
    expect((await subscribe('qod_b')).status).toBe(201)
    const { body } = await core.ask<HeldList>('GET', '/admin/v1/held')
    expect([body.pcf.length, body.nef.length]).toEqual([1, 2])
    await core.ask('PATCH', '/admin/v1/settings', { capacity: null })
    expect((await create()).status).toBe(201)
  } finally {
    await core.close()
  }
})
