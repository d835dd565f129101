// Access tokens end to end: the SDK, and the authorization server of a gateway.

import { type Sandbox, startSandbox } from '@rightofway/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { camara, NetworkAsCodeClient } from './index.js'

const PHONE_NUMBER = '+36721601234567'
const WISH = { profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: 600 } as const

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
  // The authorization server is loaded with its first request.
  await sandbox.tokenFor(`tel:${PHONE_NUMBER}`)
})
afterAll(() => sandbox.close())

describe('a client with OAuth credentials', () => {
  it("gets its tokens from the gateway's own server and uses them [camara preset]", async () => {
    const oauth = await sandbox.newOAuthClient()
    let tokensAsked = 0
    const client = new NetworkAsCodeClient({
      endpoint: camara({ baseUrl: sandbox.url, oauth }),
      fetch: (input, init) => {
        if (String(input) === oauth.tokenUrl) tokensAsked++
        return fetch(input, init)
      },
    })
    const device = client.devices.get({ phoneNumber: PHONE_NUMBER })
    const session = await device.createQodSession(WISH)
    expect(session).toMatchObject({ status: 'AVAILABLE', duration: 600 })
    expect((await device.sessions()).map(({ id }) => id)).toEqual([session.id])
    expect((await client.profiles.list({ name: 'QOS_L' })).map(({ name }) => name)).toEqual(['QOS_L'])
    await session.extend(60)
    await session.delete()
    expect(tokensAsked).toBe(1)
  })

  it('requests the configured scopes, and gets no others', async () => {
    const oauth = { ...(await sandbox.newOAuthClient()), scope: 'qos-profiles:read' }
    const client = sandbox.client({ oauth })
    expect(await client.profiles.get('QOS_L')).toMatchObject({ name: 'QOS_L' })
    await expect(client.devices.get({ phoneNumber: PHONE_NUMBER }).sessions()).rejects.toMatchObject({
      status: 403,
      code: 'PERMISSION_DENIED',
    })
  })

  it('fails with an error if its secret is wrong', async () => {
    const client = sandbox.client({ oauth: { ...(await sandbox.newOAuthClient()), clientSecret: 'wrong' } })
    await expect(client.profiles.get('QOS_L')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })
})

describe('the device of a three-legged token', () => {
  it('works like any other, and requests do not name it', async () => {
    const client = new NetworkAsCodeClient({
      token: await sandbox.tokenFor(`tel:${PHONE_NUMBER}`),
      baseUrl: sandbox.url,
    })
    const device = client.devices.fromToken()
    const session = await device.createQodSession(WISH)
    expect(session).toMatchObject({ status: 'AVAILABLE', duration: 600 })
    expect(JSON.stringify(await device.sessions())).not.toContain(PHONE_NUMBER)
    expect((await device.sessions()).map(({ id }) => id)).toEqual([session.id])
    expect((await client.sessions.get(session.id)).device.identifiers).toBeUndefined()
    expect((await client.profiles.list({ device })).length).toBeGreaterThan(0)
    await session.extend(60)
    expect(session.duration).toBe(660)
    await session.delete()
    expect(await device.sessions()).toEqual([])
  })

  it('must not be named by the request as well', async () => {
    const client = sandbox.client({ token: await sandbox.tokenFor('ipport:233.252.0.2:80') })
    const named = client.devices.get({ phoneNumber: PHONE_NUMBER })
    await expect(named.createQodSession(WISH)).rejects.toMatchObject({ status: 422, code: 'UNNECESSARY_IDENTIFIER' })
  })

  it('must exist: there is no token for an unknown subscriber', async () => {
    await expect(sandbox.tokenFor('tel:+36999999999')).rejects.toThrow('there is no such subscriber')
  })
})
