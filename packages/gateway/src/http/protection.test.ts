// Answer headers for browsers and caches.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../../test/support/certificates.js'
import {
  A_SESSION,
  PROFILES,
  QOD,
  startTestGateway,
  type TestGateway,
  withGateway,
} from '../../test/support/gateway.js'
import { newClient } from '../../test/support/oauth.js'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({ settings: { 'dashboard.enabled': true } })
})
afterAll(() => gateway.close())

const headersOf = async (path: string, init: RequestInit = {}): Promise<Headers> => {
  const answer = await fetch(gateway.url + path, { redirect: 'manual', ...init })
  await answer.body?.cancel()
  return answer.headers
}

const asApplication = () => ({ headers: { authorization: `Bearer ${gateway.key}` } })

describe('an answer', () => {
  it.each([
    ['a session', `${QOD}/sessions`],
    ['a stream of events', `${QOD}/sessions/events`],
    ['a profile', `${PROFILES}/qos-profiles/QOS_L`],
    ['a refusal', `${QOD}/sessions/nonsense`],
    ['a path that is nowhere', '/nowhere'],
    ['a path that is malformed', '/%zz'],
    ['who is signed in', '/admin/v1/sign-in'],
    ['a refusal of the admin API', '/admin/v1/sessions'],
    ['readiness', '/readyz'],
    ['metrics', '/metrics'],
    ['the inbox of the sandbox', '/sandbox/inbox'],
  ])('is not cached, and its type is not sniffed: %s', async (_what, path) => {
    const headers = await headersOf(path, asApplication())
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    // RFC 6797 section 7.2: never without TLS.
    expect(headers.get('strict-transport-security')).toBeNull()
  })

  it('with a token is not cached [RFC 6749 section 5.1]', async () => {
    const { clientId, secret } = await newClient(gateway)
    for (const [password, status] of [
      [secret, 200],
      ['wrong', 401],
    ] as const) {
      const answer = await fetch(`${gateway.url}/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${clientId}:${password}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      })
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([status, 'no-store'])
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  it('that is public has a maximum age for caches', async () => {
    expect((await headersOf('/jwks.json')).get('cache-control')).toBe('public, max-age=300')
  })

  it('to a create is not cached', async () => {
    const { headers } = await gateway.call('POST', `${QOD}/sessions`, { body: A_SESSION })
    expect(headers['cache-control']).toBe('no-store')
  })
})

describe('TLS of the gateway', () => {
  it('is promised for a year [RFC 6797 section 6.1]', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rightofway-tls-'))
    try {
      const { cert, key } = createAuthority().issue('localhost')
      writeFileSync(join(folder, 'cert.pem'), cert)
      writeFileSync(join(folder, 'key.pem'), key)
      const settings = { 'listen.tlsCert': join(folder, 'cert.pem'), 'listen.tlsKey': join(folder, 'key.pem') }
      await withGateway(
        async ({ call }) => {
          for (const path of [`${QOD}/sessions`, '/nowhere', '/%zz']) {
            const { headers } = await call('GET', path)
            expect(headers['strict-transport-security'], path).toBe('max-age=31536000')
          }
        },
        { settings },
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
