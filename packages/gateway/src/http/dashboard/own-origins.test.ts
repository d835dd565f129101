import { describe, expect, it } from 'vitest'
import { withGateway } from '../../../test/support/gateway.js'

const BODY = { name: 'nobody', password: 'wrong password' }

/** The status of a sign-in with a wrong password: 401 from our own page, 403 from others. */
const statusOf = (
  headers: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<{ status: number; message: string }> =>
  withGateway(
    async ({ call }) => {
      const { status, body } = await call<{ message: string }>('POST', '/admin/v1/sign-in', {
        key: null,
        headers: { 'sec-fetch-site': 'same-origin', ...headers },
        body: BODY,
      })
      return { status, message: body.message }
    },
    { settings: { 'dashboard.enabled': true, ...settings } },
  )

const INSIDE = '127.0.0.1:8080'
const ORIGIN = 'https://qod.example'

describe('a page of our own, behind a proxy', () => {
  it.each<[string, Record<string, string>, Record<string, unknown>]>([
    ['that passes on the host', { host: 'qod.example', origin: ORIGIN }, {}],
    ['that passes on the host with the default port', { host: 'qod.example:443', origin: ORIGIN }, {}],
    ['that says nothing, with publicUrl', { host: INSIDE, origin: ORIGIN }, { publicUrl: ORIGIN }],
    [
      'that says nothing, with publicUrl under a path',
      { host: INSIDE, origin: ORIGIN },
      { publicUrl: `${ORIGIN}/qod` },
    ],
    [
      'that is trusted and says the host',
      { host: INSIDE, origin: ORIGIN, 'x-forwarded-host': 'qod.example', 'x-forwarded-proto': 'https' },
      { 'listen.trustProxy': '127.0.0.1' },
    ],
  ])('is known as ours: %s', async (_how, headers, settings) => {
    expect((await statusOf(headers, settings)).status).toBe(401)
  })

  it.each<[string, Record<string, string>, Record<string, unknown>]>([
    ['nothing says where it is', { host: INSIDE, origin: ORIGIN }, {}],
    ['publicUrl has another host', { host: INSIDE, origin: ORIGIN }, { publicUrl: 'https://other.example' }],
    ['publicUrl has another scheme', { host: INSIDE, origin: 'http://qod.example' }, { publicUrl: ORIGIN }],
    [
      'a proxy says the host that is not trusted',
      { host: INSIDE, origin: ORIGIN, 'x-forwarded-host': 'qod.example' },
      {},
    ],
    ['it has no origin that can be named', { host: INSIDE, origin: 'null' }, { publicUrl: ORIGIN }],
  ])('is refused, with the settings that make it known, where %s', async (_where, headers, settings) => {
    const { status, message } = await statusOf(headers, settings)
    expect(status).toBe(403)
    expect(message).toContain('publicUrl')
    expect(message).toContain('listen.trustProxy')
  })

  it('does not admit a page of another site', async () => {
    const headers = { host: INSIDE, origin: ORIGIN, 'sec-fetch-site': 'cross-site' }
    expect((await statusOf(headers, { publicUrl: ORIGIN })).status).toBe(403)
  })
})
