import { describe, expect, it } from 'vitest'
import { PROFILES, withGateway } from '../../test/support/gateway.js'
import { newClient } from '../../test/support/oauth.js'
import { SecurityLog } from './security-log.js'

/** Lines about addresses, without what every line has. */
const warnings = (logs: readonly string[]) =>
  logs
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ address }) => address !== undefined)
    .map(({ level, time, pid, hostname, ...rest }) => rest)

const MANY = 'more than 20 keys, tokens or secrets of one address were refused in a minute'
const ONE = 'a key or client was refused more than 20 times in a minute'
const address = '127.0.0.1'

describe('the security log', () => {
  it('has one line for an address whose keys are refused, however many are, and none of the keys', async () => {
    const logs: string[] = []
    await withGateway(
      async ({ call }) => {
        const guess = (n: number) => call('GET', `${PROFILES}/qos-profiles/QOS_L`, { key: `guess-${n}` })
        for (let n = 0; n < 20; n++) await guess(n)
        expect(warnings(logs)).toEqual([])
        for (let n = 0; n < 80; n++) await guess(n)
        expect(warnings(logs)).toEqual([{ address, msg: MANY }])
        expect(logs.join()).not.toContain('guess-')
      },
      { logs },
    )
  })

  it('names the application whose key is revoked and still shown', async () => {
    const logs: string[] = []
    await withGateway(
      async (gateway) => {
        const { application, key, prefix } = await gateway.newKey()
        await gateway.admin('DELETE', `/keys/${prefix}`)
        for (let n = 0; n < 30; n++) await gateway.call('GET', `${PROFILES}/qos-profiles/QOS_L`, { key })
        expect(warnings(logs)).toEqual([
          { address, msg: MANY },
          { address, application, msg: ONE },
        ])
        expect(logs.join()).not.toContain(key)
      },
      { logs },
    )
  })

  it.each(['form', 'basic'])('names the application of a client whose secrets are wrong: %s', async (method) => {
    const logs: string[] = []
    await withGateway(
      async (gateway) => {
        const { clientId } = await newClient(gateway)
        const form = { grant_type: 'client_credentials' }
        const credentials = { client_id: clientId, client_secret: 'wrong' }
        const authorization = `Basic ${Buffer.from(`${clientId}:wrong`).toString('base64')}`
        for (let n = 0; n < 30; n++) {
          const answer = await fetch(`${gateway.url}/oauth2/token`, {
            method: 'POST',
            body: new URLSearchParams(method === 'form' ? { ...form, ...credentials } : form),
            ...(method === 'basic' && { headers: { authorization } }),
          })
          expect(answer.status).toBe(401)
        }
        const { application } = (await gateway.store.applications.findKey(clientId)) ?? {}
        expect(warnings(logs)).toEqual([
          { address, msg: MANY },
          { address, application, msg: ONE },
        ])
      },
      { logs },
    )
  })

  it('says once that an address is locked out of the dashboard, and no name', async () => {
    const logs: string[] = []
    await withGateway(
      async ({ call }) => {
        const body = { name: 'Tim', password: 'wrong password' }
        const guess = () =>
          call('POST', '/admin/v1/sign-in', { key: null, body, headers: { 'sec-fetch-site': 'same-origin' } })
        const answers = await Promise.all(Array.from({ length: 14 }, guess))
        expect(answers.map(({ status }) => status)).toContain(429)
        expect(warnings(logs)).toEqual([{ address, msg: 'an address is locked out: too many attempts to sign in' }])
        expect(logs.join()).not.toContain('Tim')
      },
      { logs, settings: { 'dashboard.enabled': true } },
    )
  })

  it('stays short whoever comes, and goes on after a minute', () => {
    const lines: string[] = []
    let now = 0
    const log = { warn: (_fields: object, message: string) => void lines.push(message) }
    const security = new SecurityLog({ log, monotonicNow: () => now, applicationOf: async () => undefined })
    for (let n = 0; n < 100; n++) security.lockedOut(`198.51.100.${n}`)
    expect(lines).toHaveLength(11)
    expect(lines.at(-1)).toBe('further entries of the security log are left out for up to a minute')
    now = 60_000
    security.lockedOut('198.51.100.1')
    expect(lines.at(-1)).toContain('locked out')
  })
})
