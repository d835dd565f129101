import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startTestGateway, type TestGateway } from '../../../test/support/gateway.js'
import { newClient, type TestClient } from '../../../test/support/oauth.js'
import { Rates, siteOf } from './rates.js'

describe('the rate of requests for tokens', () => {
  it('applies to each caller: the requests of two seconds at once, then at the rate', () => {
    let now = 0
    const rates = new Rates(10, () => now)
    const taken = (who: string) => {
      for (let count = 0; ; count++) if (rates.take(who) > 0) return count
    }
    expect([taken('a'), taken('b')]).toEqual([20, 20])
    expect(rates.take('a')).toBe(100)
    now = 99
    expect(rates.take('a')).toBeCloseTo(1)
    now = 100
    expect(rates.take('a')).toBe(0)
    now = 60_000
    expect(taken('a')).toBe(20)
  })

  it('applies to a site with all of its addresses', () => {
    expect(siteOf('2001:db8:0:1::1')).toBe(siteOf('2001:db8:0:1:ffff:ffff:ffff:ffff'))
    expect(siteOf('2001:db8:0:1::1')).not.toBe(siteOf('2001:db8:0:2::1'))
    expect(siteOf('::ffff:192.0.2.1')).toBe(siteOf('192.0.2.1'))
    expect(siteOf('192.0.2.1')).not.toBe(siteOf('192.0.2.2'))
    expect(siteOf('fe80::1%eth0')).toBe(siteOf('fe80::2'))
  })
})

describe('a flood', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway({ settings: { 'listen.trustProxy': ['127.0.0.1'], 'oauth.requestsPerSecond': 5 } })
  })
  afterAll(() => gateway.close())
  // No time passes, even on a slow machine.
  beforeEach(() => {
    vi.spyOn(performance, 'now').mockReturnValue(performance.now())
  })
  afterEach(() => vi.restoreAllMocks())

  const CREDENTIALS = { method: 'POST', body: 'grant_type=client_credentials' }
  const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

  /** Sends `count` requests at once. @returns how many were answered other than 429 */
  async function taken(count: number, from: string, path: string, init: RequestInit): Promise<number> {
    const headers = { ...FORM, 'x-forwarded-for': from, ...init.headers }
    const ask = async () => (await fetch(`${gateway.url}/oauth2${path}`, { ...init, headers })).status
    const statuses = await Promise.all(Array.from({ length: count }, ask))
    return statuses.filter((status) => status !== 429).length
  }

  const as = ({ clientId, secret }: TestClient): RequestInit => ({
    ...CREDENTIALS,
    headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
  })

  it('of a client with the right secret is limited over all its addresses, and others are served', async () => {
    const [greedy, good] = [await newClient(gateway), await newClient(gateway)]
    for (const from of ['192.0.2.1', '192.0.2.2']) {
      for (const client of [greedy, good]) expect(await taken(1, from, '/token', as(client))).toBe(1)
    }
    expect(await taken(12, '192.0.2.1', '/token', as(greedy))).toBe(10)
    expect(await taken(12, '192.0.2.2', '/token', as(greedy))).toBe(0)
    expect(await taken(12, '192.0.2.1', '/token', as(good))).toBe(10)
  })

  it.each<[string, string, string, RequestInit]>([
    ['documents', '2001:db8:1:1', '/jwks', {}],
    ['requests of nobody', '2001:db8:1:2', '/token', CREDENTIALS],
    ['requests of browsers', '2001:db8:1:3', '/authorize?client_id=nobody', {}],
  ])('of %s from one site is bounded, and no other waits', async (_what, site, path, init) => {
    expect(await taken(20, `${site}::1`, path, init)).toBe(10)
    expect(await taken(1, `${site}::2`, path, init)).toBe(0)
    expect(await taken(1, `${site.replace(':1:', ':2:')}::1`, path, init)).toBe(1)
  })

  it('does not delay a client that was served from its address before, and is answered with retry-after', async () => {
    const good = await newClient(gateway)
    const from = '192.0.2.3'
    expect(await taken(1, from, '/token', as(good))).toBe(1)
    expect(await taken(20, from, '/token', { method: 'POST', body: '' })).toBe(9)
    const refused = await fetch(`${gateway.url}/oauth2/jwks`, { headers: { 'x-forwarded-for': from } })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    expect(await refused.json()).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'too many requests: try again later',
    })
    expect(await taken(1, from, '/token', as(good))).toBe(1)
  })
})
