import { describe, expect, it } from 'vitest'
import { withGateway } from '../../../test/support/gateway.js'
import { newClient } from '../../../test/support/oauth.js'
import { Refusals } from './refusals.js'

const HERE = '192.0.2.1'
const THERE = '192.0.2.2'

describe('clients that are refused', () => {
  it('have to wait, each by its id and address, until a minute has passed', () => {
    let now = 0
    const refusals = new Refusals(() => now)
    for (let n = 0; n < 40; n++) refusals.refused(HERE, 'one')
    expect(refusals.waitOf(HERE, 'one')).toBe(60_000)
    expect([refusals.waitOf(HERE, 'two'), refusals.waitOf(THERE, 'one')]).toEqual([0, 0])
    now = 59_999
    expect(refusals.waitOf(HERE, 'one')).toBe(1)
    now = 60_000
    expect(refusals.waitOf(HERE, 'one')).toBe(0)
  })

  it('do not delay a client that was served from that address before', () => {
    const refusals = new Refusals(() => 0)
    refusals.served(HERE, 'known', 'Basic right')
    for (let n = 0; n < 100; n++) refusals.refused(HERE, `client ${n}`)
    expect(refusals.waitOf(HERE, 'known')).toBe(0)
    for (const client of ['new', undefined]) expect(refusals.waitOf(HERE, client)).toBe(60_000)
    for (let n = 0; n < 100; n++) refusals.asksWrongly(HERE, 'known')
    expect(refusals.waitOf(HERE, 'known')).toBe(0)
    for (let n = 0; n < 40; n++) refusals.refused(HERE, 'known')
    expect(refusals.waitOf(HERE, 'known', 'Basic wrong')).toBe(60_000)
    expect(refusals.waitOf(HERE, 'known', 'Basic right')).toBe(0)
    // It was revoked.
    refusals.refused(HERE, 'known', 'Basic right')
    expect(refusals.waitOf(HERE, 'known', 'Basic right')).toBe(60_000)
  })

  it('have to wait without a client id too', () => {
    const refusals = new Refusals(() => 0)
    for (let n = 0; n < 100; n++) refusals.asksWrongly(HERE, undefined)
    expect(refusals.waitOf(HERE, undefined)).toBe(60_000)
  })

  it('are answered 429 in the form of OAuth, before their bodies are read', () =>
    withGateway(async (gateway) => {
      const good = await newClient(gateway)
      await good.twoLegged()
      const ask = (client: string, init: RequestInit = {}) =>
        fetch(`${gateway.url}/oauth2/token`, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa(`${client}:wrong`)}` },
          body: new URLSearchParams({ grant_type: 'client_credentials' }),
          ...init,
        })
      for (let n = 0; n < 40; n++) expect((await ask('nobody')).status).toBe(401)
      const refused = await ask('nobody')
      expect(refused.status).toBe(429)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(refused.headers.get('x-correlator')).not.toBeNull()
      expect(await refused.json()).toEqual({
        error: 'temporarily_unavailable',
        error_description: 'too many refused requests: try again later',
      })
      const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'nobody', client_secret: 'x' })
      expect((await ask('', { headers: {}, body })).status).toBe(429)
      for (let n = 0; n < 60; n++) await ask(`stranger-${n}`)
      expect((await ask('another')).status).toBe(429)
      expect((await ask('', { headers: {}, body: new URLSearchParams() })).status).toBe(429)
      expect(await good.twoLegged()).toMatch(/^ey/)
      expect((await fetch(`${gateway.url}/oauth2/jwks`)).status).toBe(200)
    }))
})
