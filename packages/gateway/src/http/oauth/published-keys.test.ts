import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PublishedKeys } from './published-keys.js'

const URI = 'https://app.example/jwks'
let [one, two, secret]: JWK[] = []

beforeAll(async () => {
  const newKey = async (kid: string, alg = 'ES256') => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    return [
      { ...(await exportJWK(publicKey)), kid },
      { ...(await exportJWK(privateKey)), kid },
    ] as const
  }
  ;[one] = await newKey('one')
  ;[two, secret] = await newKey('two')
})

describe('keys that a client publishes', () => {
  let now: number
  let asked: number
  let answer: () => Promise<Response>
  let keys: PublishedKeys
  beforeEach(() => {
    now = 0
    asked = 0
    answer = publishing(one)
    const fetch = (async () => {
      asked++
      return answer()
    }) as typeof globalThis.fetch
    keys = new PublishedKeys({ fetch, monotonicNow: () => now })
  })
  const publishing =
    (...published: unknown[]) =>
    async () =>
      Response.json({ keys: published }, { headers: { 'cache-control': 'max-age=31536000' } })
  const kids = async () => (await keys.of('client', URI)).map(({ kid }) => kid)

  it('are fetched once for concurrent requests, and kept for a minute, whatever Cache-Control says', async () => {
    expect(await Promise.all([kids(), kids(), kids()])).toEqual([['one'], ['one'], ['one']])
    answer = publishing(two)
    now = 59_999
    expect(await kids()).toEqual(['one'])
    expect(asked).toBe(1)
    now = 60_000
    expect(await kids()).toEqual(['two'])
  })

  it('are fetched again where an assertion names another, at most every ten seconds', async () => {
    await kids()
    answer = publishing(two)
    for (const [at, named, found] of [
      [9_999, 'two', 'one'],
      [10_000, 'one', 'one'],
      [10_000, 'two', 'two'],
      [19_999, 'three', 'two'],
    ] as const) {
      now = at
      keys.expect('client', named)
      expect(await kids(), `${named} at ${at}`).toEqual([found])
    }
    expect(asked).toBe(2)
    keys.expect('nobody', 'two')
  })

  it('are fetched again for another URL', async () => {
    await kids()
    answer = publishing(two)
    expect(await keys.of('client', `${URI}/new`)).toMatchObject([{ kid: 'two' }])
  })

  it.each<[string, () => Promise<Response>]>([
    ['does not answer', () => Promise.reject(new TypeError('fetch failed'))],
    ['refuses', async () => new Response('{"keys":[]}', { status: 500 })],
    ['has no JSON', async () => new Response('<html>')],
    ['has null', async () => new Response('null')],
    ['has no set', async () => Response.json([])],
    ['has too much', async () => Response.json({ keys: [], more: 'x'.repeat(70_000) })],
    [
      'breaks off',
      async () => new Response(new ReadableStream({ start: (stream) => stream.error(new Error('reset')) })),
    ],
  ])('stay for ten minutes while their URL %s, and are empty if none were known', async (_what, fails) => {
    const good = answer
    answer = fails
    expect(await kids()).toEqual([])
    now = 9_999
    expect(await kids()).toEqual([])
    expect(asked).toBe(1)
    answer = good
    now = 10_000
    expect(await kids()).toEqual(['one'])
    answer = fails
    now = 609_999
    expect(await kids()).toEqual(['one'])
    now = 619_999
    expect(await kids()).toEqual([])
  })

  it('are only those that can verify assertions', async () => {
    const small = await generateKeyPair('RS256', { extractable: true, modulusLength: 2048 })
    const encrypting = { ...(await exportJWK(small.publicKey)), kid: 'enc', use: 'enc' }
    answer = publishing(one, secret, encrypting, { kty: 'oct', k: 'AAAA' }, { kty: 'EC' }, 'text', null, [], two)
    expect(await kids()).toEqual(['one', 'two'])
    answer = publishing(...Array.from({ length: 60 }, () => one))
    now = 60_000
    expect(await kids()).toHaveLength(50)
  })
})
