// Pages of other origins: preflights, and the answers that a browser lets a page read.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { A_SESSION, QOD, startTestGateway, type TestGateway, withGateway } from '../../test/support/gateway.js'
import { newClient, type TestClient } from '../../test/support/oauth.js'

const APP = 'https://app.example'
const STRANGER = 'https://stranger.example'
const PUBLIC_URL = 'https://qod.example.com'

let gateway: TestGateway
let client: TestClient
beforeAll(async () => {
  gateway = await startTestGateway({
    // As operators may write them: Origin has neither upper case nor a default port.
    settings: {
      'http.cors.origins': ['HTTPS://App.example:443', 'capacitor://localhost'],
      'dashboard.enabled': true,
      publicUrl: PUBLIC_URL,
    },
  })
  client = await newClient(gateway)
})
afterAll(() => gateway.close())

const preflight = (path: string, method = 'POST', origin = APP, at = gateway) =>
  at.call('OPTIONS', path, {
    key: null,
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type',
    },
  })

/** Requests a token with client credentials from a page. */
const token = async (origin: string, secret = client.secret) => {
  const answer = await fetch(`${gateway.url}/oauth2/token`, {
    method: 'POST',
    headers: { origin, authorization: `Basic ${btoa(`${client.clientId}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  const body = (await answer.json()) as { error_description?: string }
  return { status: answer.status, allowed: answer.headers.get('access-control-allow-origin'), body }
}

describe('a preflight', () => {
  it.each([
    [`${QOD}/sessions`, 'POST', 'GET, HEAD, POST'],
    [`${QOD}/sessions/3fa85f64-5717-4562-b3fc-2c963f66afa6`, 'DELETE', 'GET, HEAD, DELETE'],
    [`${QOD}/retrieve-sessions`, 'POST', 'POST'],
    ['/oauth2/token', 'POST', 'POST'],
  ])('is answered without a key: %s', async (path, method, methods) => {
    const { status, headers, text } = await preflight(path, method)
    expect([status, text]).toEqual([204, ''])
    expect(headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': methods,
      vary: 'origin',
    })
    expect(headers['x-correlator']).toMatch(/^[\da-f-]{36}$/)
    for (const name of ['authorization', 'content-type', 'idempotency-key', 'x-correlator']) {
      expect(headers['access-control-allow-headers']?.split(', ')).toContain(name)
    }
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
  })

  it.each([
    ['another origin', STRANGER],
    ['a longer one', `${APP}.evil.example`],
    ['another scheme', 'http://app.example'],
    ['another port', `${APP}:8443`],
    ['no origin that has a name', 'null'],
  ])('allows nothing to %s', async (_what, origin) => {
    const { status, headers } = await preflight(`${QOD}/sessions`, 'POST', origin)
    expect(status).toBe(405)
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })

  it('answers 404 to an unknown path', async () => {
    expect(await preflight('/nowhere')).toMatchObject({ status: 404, headers: { 'access-control-allow-origin': APP } })
  })

  it.each(['/admin/v1/sign-in', '/admin/v1/sessions', '/dashboard/', '/metrics', '/sandbox/inbox'])(
    'allows nothing at paths for operators: %s',
    async (path) => {
      const { headers } = await preflight(path)
      expect(headers).not.toHaveProperty('access-control-allow-origin')
      const read = await gateway.call('GET', path, { headers: { origin: APP } })
      expect(read.headers).not.toHaveProperty('access-control-allow-origin')
    },
  )
})

describe('an answer to a page', () => {
  it.each([
    ['a refusal of the token endpoint, of nobody', '/oauth2/token', 'POST'],
    ['a document of the authorization server', '/oauth2/.well-known/openid-configuration', 'GET'],
    ['its keys', '/oauth2/jwks', 'GET'],
  ])('cannot be read by an origin that is not allowed: %s', async (_what, path, method) => {
    for (const headers of [{}, { origin: STRANGER }]) {
      const answer = await fetch(gateway.url + path, {
        method,
        headers,
        ...(method === 'POST' && { body: new URLSearchParams({ grant_type: 'client_credentials' }) }),
      })
      expect(answer.status).toBe(method === 'POST' ? 400 : 200)
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
    }
  })

  it.each([
    ['a session', 'POST', `${QOD}/sessions`, { body: A_SESSION }, 201],
    ['a list', 'POST', `${QOD}/retrieve-sessions`, { body: { device: A_SESSION.device } }, 200],
    ['a refusal for want of a key', 'POST', `${QOD}/sessions`, { body: A_SESSION, key: null }, 401],
    ['a refusal of the body', 'POST', `${QOD}/sessions`, { body: '{' }, 400],
    ['a path that is nowhere', 'GET', '/nowhere', {}, 404],
    ['a path that is malformed', 'GET', '/%zz', {}, 400],
  ] as const)('can be read by an origin that is allowed: %s', async (_what, method, path, options, status) => {
    for (const origin of [APP, 'capacitor://localhost']) {
      const json = { 'content-type': 'application/json' }
      const answer = await gateway.call(method, path, { ...options, headers: { origin, ...json } })
      if (status !== 201) expect(answer.status).toBe(status)
      expect(answer.headers['access-control-allow-origin']).toBe(origin)
      expect(answer.headers['access-control-expose-headers']?.split(', ')).toContain('x-correlator')
      expect(answer.headers['vary']).toBe('origin')
    }
  })

  it('cannot be read by another origin, and varies by origin for caches', async () => {
    for (const headers of [{}, { origin: STRANGER }]) {
      const answer = await gateway.call('GET', `${QOD}/sessions`, { headers })
      expect(answer.headers).toMatchObject({ vary: 'origin' })
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    }
  })

  it('can be read while it streams', async () => {
    const answer = await fetch(`${gateway.url}${QOD}/sessions/events`, {
      headers: { origin: APP, authorization: `Bearer ${gateway.key}` },
    })
    expect(answer.headers.get('access-control-allow-origin')).toBe(APP)
    await answer.body?.cancel()
  })

  it('can be read by no origin by default', async () => {
    await withGateway(async (plain) => {
      expect(await preflight(`${QOD}/sessions`, 'POST', APP, plain)).toMatchObject({ status: 405 })
      const { headers } = await plain.call('GET', `${QOD}/sessions`, { headers: { origin: APP } })
      expect(headers).not.toHaveProperty('access-control-allow-origin')
      expect(headers).not.toHaveProperty('vary')
    })
  })

  it('can be read by every origin where settings say *', async () => {
    await withGateway(
      async (open) => {
        const { headers } = await preflight(`${QOD}/sessions`, 'POST', STRANGER, open)
        expect(headers).toMatchObject({ 'access-control-allow-origin': '*' })
        const read = await open.call('GET', `${QOD}/sessions`, { headers: { origin: STRANGER } })
        expect(read.headers).toMatchObject({ 'access-control-allow-origin': '*' })
      },
      { settings: { 'http.cors.origins': ['*'] } },
    )
  })
})

describe('a token with client credentials', () => {
  it('is given to a page of an origin that is allowed', async () => {
    expect(await token(APP)).toMatchObject({ status: 200, allowed: APP })
    expect(await token(APP, 'wrong')).toMatchObject({ status: 401, allowed: APP })
  })

  it('is given to a page of our own origin', async () => {
    expect(await token(PUBLIC_URL)).toMatchObject({ status: 200 })
  })

  it('is refused to a page of another', async () => {
    const { status, allowed, body } = await token(STRANGER)
    expect([status, allowed]).toEqual([400, null])
    expect(body.error_description).toContain('not allowed for client')
  })
})
