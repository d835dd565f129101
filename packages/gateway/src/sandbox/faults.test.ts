import type { ApplicationId, ErrorInfo } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { PROFILES, withGateway } from '../../test/support/gateway.js'
import { SandboxFaults } from './faults.js'

const one = 'one' as ApplicationId
const other = 'other' as ApplicationId

describe('faults of a sandbox', () => {
  it('meet as many requests as was said, in the order of their planning', () => {
    const faults = new SandboxFaults()
    faults.plan('INTERNAL', 2)
    faults.plan('TIMEOUT', 1)
    expect([1, 2, 3, 4].map(() => faults.take(one))).toEqual(['INTERNAL', 'INTERNAL', 'TIMEOUT', undefined])
  })

  it('meet the application that they are for, and nobody else', () => {
    const faults = new SandboxFaults()
    faults.plan('INTERNAL', 1, one)
    expect(faults.take(other)).toBeUndefined()
    expect(faults.take(one)).toBe('INTERNAL')
    faults.plan('INTERNAL', 1)
    expect(faults.take(other)).toBe('INTERNAL')
  })

  it('never meet who is nobody, and are forgotten on request', () =>
    withGateway(async ({ admin, call }) => {
      const ask = async (key?: null) =>
        (await call<ErrorInfo>('GET', `${PROFILES}/qos-profiles/QOS_L`, { ...(key === null && { key }) })).status
      await admin('POST', '/sandbox/faults', { code: 'BAD_GATEWAY', times: 3 })
      expect(await ask(null)).toBe(401)
      expect(await ask()).toBe(502)
      await admin('DELETE', '/sandbox/faults')
      expect(await ask()).toBe(200)
    }))

  it('leave the admin API alone, by which they are taken back', () =>
    withGateway(async ({ admin, callAdmin }) => {
      await admin('POST', '/sandbox/faults', { code: 'UNAVAILABLE' })
      expect((await callAdmin('GET', '/applications')).status).toBe(200)
    }))
})
