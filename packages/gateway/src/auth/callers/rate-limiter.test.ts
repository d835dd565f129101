import type { ApplicationId } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { RateLimiter } from './rate-limiter.js'

const APPLICATION = 'app-a' as ApplicationId
const LIMITS = { requestsPerSecond: 6, operations: {}, sessions: 1, sessionsPerDevice: 1 }

describe('a rate that gateways share', () => {
  let now = 0
  let parts = 1
  const limiter = new RateLimiter({ limits: { of: () => LIMITS }, monotonicNow: () => now, parts: () => parts })

  /** How many requests are taken at once. */
  function taken(): number {
    for (let count = 0; ; count++) {
      try {
        void limiter.count(APPLICATION, 'getSession')
      } catch (error) {
        expect(error).toMatchObject({
          code: 'TOO_MANY_REQUESTS',
          message: expect.stringContaining('6 requests per second') as string,
        })
        return count
      }
    }
  }

  it('is counted in as many parts as there are gateways, from the moment on at which one comes or goes', () => {
    expect(taken()).toBe(12)
    now += 1000
    expect(taken()).toBe(6)
    parts = 3
    now += 1000
    expect(taken()).toBe(2)
    now += 60_000
    expect(taken()).toBe(4)
    parts = 1
    now += 1000
    expect(taken()).toBe(6)
  })

  it('leaves one request to every gateway, however many they are', () => {
    parts = 100
    now += 60_000
    expect(taken()).toBe(1)
  })
})
