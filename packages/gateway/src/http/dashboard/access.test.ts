// Refused access: without a sign-in, with too low a role, from other sites, with wrong cookies, at the rate limit.

import type { BinaryLike, ScryptOptions } from 'node:crypto'
import type { ErrorInfo } from '@rightofway/camara'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Answer, startTestGateway, type TestGateway } from '../../../test/support/gateway.js'

// Passwords are hashed as usual, at a two-thousandth of the cost.
vi.mock(import('node:crypto'), async (original) => {
  const crypto = await original()
  type Parameters = [BinaryLike, BinaryLike, number, ScryptOptions, (error: Error | null, hash: Buffer) => void]
  const scrypt = (...[password, salt, length, options, done]: Parameters) =>
    crypto.scrypt(password, salt, length, { ...options, N: 16 }, done)
  return { ...crypto, scrypt: scrypt as typeof crypto.scrypt }
})

const BASE = '/admin/v1'
const PASSWORD = 'correct horse battery'

interface Me {
  readonly csrfToken: string
  readonly user: { readonly id: string; readonly role: string }
}

/** A browser with a sign-in. */
interface Browser {
  readonly id: string
  readonly cookie: string
  readonly csrf: string
  readonly setCookie: string
}

type Method = Parameters<TestGateway['call']>[0]

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({ settings: { 'dashboard.enabled': true } })
})
afterAll(() => gateway.close())

/** As a browser sends it: `headers` of undefined are left out. */
const call = <T = ErrorInfo>(
  method: Method,
  path: string,
  {
    browser,
    body,
    headers = {},
  }: { browser?: Browser; body?: object; headers?: Record<string, string | undefined> } = {},
): Promise<Answer<T>> =>
  gateway.call<T>(method, `${BASE}${path}`, {
    key: null,
    headers: {
      ...(browser && { cookie: browser.cookie, 'x-csrf-token': browser.csrf }),
      'sec-fetch-site': 'same-origin',
      ...headers,
    },
    ...(body && { body }),
  })

const invitation = async (role: string): Promise<string> => {
  const { url } = await gateway.admin<{ url: string }>('POST', '/invitations', { role })
  return new URL(url).hash.slice(1)
}

function toBrowser({ body, headers }: Answer<Me>): Browser {
  const setCookie = String(headers['set-cookie'])
  return { id: body.user.id, cookie: setCookie.split(';')[0] ?? '', csrf: body.csrfToken, setCookie }
}

const join = async (role: string, name: string): Promise<Browser> =>
  toBrowser(
    await call<Me>('POST', '/invitations/accept', {
      body: { token: await invitation(role), name, password: PASSWORD },
    }),
  )

describe('an invitation [acceptInvitation]', () => {
  it('can be used once, with an unused name and a password that is long enough', async () => {
    const token = await invitation('viewer')
    const accept = (body: object) => call('POST', '/invitations/accept', { body: { token, ...body } })
    expect(await accept({ name: 'Once', password: 'short' })).toMatchObject({ status: 400 })
    expect((await accept({ name: 'a long name', password: 'A long name' })).body.message).toBe(
      'password must differ from the name',
    )
    expect(await accept({ name: 'Once', password: PASSWORD })).toMatchObject({ status: 200 })
    expect(await accept({ name: 'Twice', password: PASSWORD })).toMatchObject({ status: 404 })
    const again = { token: await invitation('admin'), name: 'ONCE', password: PASSWORD }
    expect(await call('POST', '/invitations/accept', { body: again })).toMatchObject({ status: 409 })
  })

  it('requires a visible name, in any script', async () => {
    const blank = [
      'Ann\u3164',
      '\u115fAnn',
      'Ann\ufe0f',
      'Ann\u034f',
      '\u2800',
      'Ann\u{e0101}',
      'Ann\u{e0041}',
      'Ann\u17b4',
    ]
    const unseen = [
      ...blank,
      'Ann\u200b',
      'Ann\u200d',
      '\u202eAnn',
      'Ann\u2028Lee',
      'Ann\u00a0Lee',
      '\ufeffAnn',
      'Ann\u00ad',
    ]
    for (const name of ['half of a pair \ud83d', 'a\nline', 'bell\u0007', ' before', 'after ', ...unseen]) {
      const body = { token: await invitation('viewer'), name, password: PASSWORD }
      expect(await call('POST', '/invitations/accept', { body }), name).toMatchObject({ status: 400 })
    }
    const browser = await join('viewer', 'Zsófia میخواهم 😀')
    expect(await call('GET', '/overview', { browser })).toMatchObject({ status: 200 })
  })

  it('refuses names that could be mistaken for others', async () => {
    for (const name of [
      'admin socket',
      'Admin  Socket',
      'ADMIN-SOCKET',
      'ａｄｍｉｎ socket',
      'nobody',
      'the first start',
      'admin.socket',
      '[admin socket]',
      'Admin',
      'admi\u0332n socket',
      'admın ѕocket',
      '\u0430dmin socket',
      'R\u03bfot',
    ]) {
      const body = { token: await invitation('viewer'), name, password: PASSWORD }
      expect(await call('POST', '/invitations/accept', { body }), name).toMatchObject({ status: 400 })
    }
    await join('viewer', 'Ann')
    const body = { token: await invitation('viewer'), name: 'Ａnn', password: PASSWORD }
    expect(await call('POST', '/invitations/accept', { body })).toMatchObject({ status: 409 })
  })

  it('sets a cookie that is HttpOnly and SameSite=Strict', async () => {
    const { setCookie } = await join('viewer', 'Cookie')
    expect(setCookie).toMatch(/^rightofway=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/)
  })
})

describe('a stranger', () => {
  it('gets nothing from any operation but signing in', async () => {
    const { paths } = await gateway.admin<{ paths: Record<string, Record<string, object>> }>('GET', '/openapi.json')
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of Object.keys(operations)) {
        const { status } = await call(method.toUpperCase() as Method, path.replaceAll(/\{\w+\}/g, 'x'))
        expect(status, `${method} ${path}`).toBe(401)
      }
    }
    const refused = await call('GET', '/me')
    expect(refused.status).toBe(401)
    // A key opens nothing here [RFC 9110 section 11.6.1].
    expect(refused.headers['www-authenticate']).toMatch(/^Cookie /)
  })

  it('gets nothing with an application key, a made-up cookie or an expired one', async () => {
    const headers = { authorization: `Bearer ${gateway.key}` }
    expect((await call('GET', '/applications', { headers })).status).toBe(401)
    const cookie = `rightofway=${'A'.repeat(43)}`
    expect((await call('GET', '/applications', { headers: { cookie } })).status).toBe(401)
    const browser = await join('viewer', 'Leaver')
    expect((await call('GET', '/applications', { browser })).status).toBe(200)
    expect((await call('POST', '/sign-out', { browser })).status).toBe(204)
    expect((await call('GET', '/applications', { browser })).status).toBe(401)
  })
})

describe('a viewer', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await join('viewer', 'Vera')
  })

  it('cannot use operations that change something, or that are for other roles', async () => {
    const { body } = await call<{
      paths: Record<string, Record<string, { description?: string; operationId: string }>>
    }>('GET', '/openapi.json')
    const forOthers = Object.entries(body.paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([, { description = '' }]) => /^Role: `(operator|admin)`/.test(description))
        .map(([method]) => [method.toUpperCase() as Method, path] as const),
    )
    expect(forOthers.length).toBeGreaterThan(30)
    for (const [method, path] of forOthers) {
      const { status } = await call(method, path.replaceAll(/\{\w+\}/g, 'x'), {
        browser,
        ...(method !== 'GET' && { body: {} }),
      })
      expect(status, `${method} ${path}`).toBe(403)
    }
  })

  it('finds no device by a masked number', async () => {
    const operator = await join('operator', 'Olga')
    const found = async (who: Browser, search: string) =>
      (await call<unknown[]>('GET', `/devices?search=${search}`, { browser: who })).body.length
    expect(await found(operator, '36721601234567')).toBe(1)
    expect(await found(browser, '36721601234567')).toBe(0)
    expect(await found(browser, 'page-device')).toBe(1)
  })

  it('sees devices and sessions without personal data, and operators see them with it', async () => {
    const { sessionId } = await gateway.create({ sink: 'https://sink.example/private?token=secret' })
    const operator = await join('operator', 'Otto')
    const texts = async (who: Browser) => [
      (await call('GET', '/devices', { browser: who })).text,
      (await call('GET', '/sessions', { browser: who })).text,
      (await call('GET', `/sessions/${sessionId}`, { browser: who })).text,
    ]
    const personal = /36721601234567|192\.0\.2\.25|2001:db8:1234|device@testcsp|token=secret/
    for (const text of await texts(browser)) expect(text).not.toMatch(personal)
    for (const text of await texts(operator)) expect(text).toMatch(personal)
    expect((await texts(browser))[2]).toContain('+3…67')
    await gateway.admin('POST', `/sessions/${sessionId}/end`)
  })

  it('reads no secret and no personal data by any operation that they may use', async () => {
    const { application, key } = await gateway.newKey()
    const secretOf = async (path: string, body: object) =>
      Object.values(await gateway.admin<Record<string, string>>('POST', path, body)).find(
        (value) => typeof value === 'string' && value.length > 30,
      ) as string
    const applicationPath = `/applications/${application}`
    const client = await secretOf(`${applicationPath}/keys`, { client: { grantTypes: ['client_credentials'] } })
    const signing = await secretOf(`${applicationPath}/signing-secrets`, {})
    await gateway.admin('PUT', `${applicationPath}/token-client`, {
      clientId: 'us',
      tokenUri: 'https://id.example/token',
    })
    const { sessionId } = await gateway.create({
      applicationServer: { ipv4Address: '233.252.0.3' },
      sink: 'https://sink.example/private?token=secret',
      sinkCredential: {
        credentialType: 'ACCESSTOKEN',
        accessToken: 'token-of-the-sink',
        accessTokenExpiresUtc: '2099-01-01T00:00:00Z',
        accessTokenType: 'bearer',
      },
    })
    const [device] = await gateway.admin<{ device: string }[]>('GET', '/devices')
    const hidden = [
      gateway.key,
      key,
      client,
      signing,
      'token-of-the-sink',
      'token=secret',
      '+36721601234567',
      '192.0.2.25',
    ]
    expect(hidden.every((text) => text.length > 8)).toBe(true)
    const values: Readonly<Record<string, string>> = {
      application,
      sessionId,
      device: device?.device ?? '',
      network: 'simulator',
    }
    const { paths } = (
      await call<{ paths: Record<string, Record<string, { description?: string }>> }>('GET', '/openapi.json', {
        browser,
      })
    ).body
    const readable = Object.entries(paths).filter(([, { get }]) => /^Role: `viewer`/.test(get?.description ?? ''))
    expect(readable.length).toBeGreaterThan(20)
    const read: string[] = []
    for (const [path] of readable) {
      const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'x')
      const { status, text } = path.endsWith('/stream') ? await firstOf(url) : await call('GET', url, { browser })
      // A simulated network does not measure traffic.
      expect([200, 404], `${path} ${text}`).toContain(status)
      if (status === 200) read.push(path)
      for (const one of hidden) expect(text, path).not.toContain(one)
    }
    expect(read.length).toBeGreaterThan(readable.length - 3)
    await gateway.admin('POST', `/sessions/${sessionId}/end`)
  })

  /** The beginning of a stream. */
  const firstOf = async (path: string): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${gateway.url}${BASE}${path}`, { headers: { cookie: browser.cookie } })
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    const { value } = await reader.read()
    await reader.cancel()
    return { status: answer.status, text: new TextDecoder().decode(value) }
  }

  it('loses the rights of a former role during a sign-in [changeUser]', async () => {
    const operator = await join('operator', 'Opal')
    expect((await call('GET', '/audit', { browser: operator })).status).toBe(200)
    await gateway.admin('PATCH', `/users/${operator.id}`, { role: 'viewer' })
    expect((await call('GET', '/audit', { browser: operator })).status).toBe(403)
  })
})

describe('a forged request', () => {
  const body = { name: 'Forged' }
  let browser: Browser
  beforeAll(async () => {
    browser = await join('admin', 'Ada')
  })

  it.each<[string, Record<string, string | undefined>]>([
    ['without the token of the page', { 'x-csrf-token': undefined }],
    ['with another token', { 'x-csrf-token': 'A'.repeat(43) }],
    ['from another site', { 'sec-fetch-site': 'cross-site' }],
    ['from another host of the same site', { 'sec-fetch-site': 'same-site' }],
    ['from another origin', { origin: 'https://evil.example' }],
    ['from nowhere', { origin: 'null' }],
  ])('changes nothing %s', async (_, headers) => {
    expect(await call('POST', '/applications', { browser, body, headers })).toMatchObject({ status: 403 })
    const { text } = await call('GET', '/applications', { browser })
    expect(text).not.toContain('Forged')
  })

  it('cannot be made with the token of another sign-in', async () => {
    const other = await join('admin', 'Adam')
    const headers = { cookie: other.cookie }
    expect(await call('POST', '/applications', { browser, body, headers })).toMatchObject({ status: 403 })
  })

  it('differs from a request of our own page (control)', async () => {
    const headers = { origin: 'http://localhost:8080', host: 'localhost:8080' }
    const made = await call('POST', '/applications', { browser, body: { name: 'Honest' }, headers })
    expect(made).toMatchObject({ status: 201 })
  })

  it('cannot sign a user in from another site', async () => {
    const answer = await call('POST', '/sign-in', {
      body: { name: 'Ada', password: PASSWORD },
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    expect(answer).toMatchObject({ status: 403 })
    expect(answer.headers['set-cookie']).toBeUndefined()
  })
})

describe('signing in', () => {
  it('answers a wrong password and an unknown name alike', async () => {
    await join('viewer', 'Sam')
    const tries = await Promise.all(
      ['Sam', 'Nobody'].map((name) => call('POST', '/sign-in', { body: { name, password: 'wrong password' } })),
    )
    expect(tries.map(({ status }) => status)).toEqual([401, 401])
    expect(tries[0]?.body).toEqual(tries[1]?.body)
  })

  it('is refused after too many attempts, also with the right password, with retry-after', async () => {
    await join('viewer', 'Tim')
    const guess = (password: string) => call('POST', '/sign-in', { body: { name: 'Tim', password } })
    const answers = await Promise.all(Array.from({ length: 12 }, () => guess('wrong password')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]))
    const last = await guess(PASSWORD)
    expect(last).toMatchObject({ status: 429, body: { code: 'TOO_MANY_REQUESTS' } })
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0)
    // A refusal by the rate limit does not read the store.
    const noted = await gateway.store.audit.list(undefined, 100)
    expect(noted.map(({ refused }) => refused)).not.toContain('TOO_MANY_REQUESTS')
  })

  it('is not refused to others behind the same proxy after wrong attempts there, at any names', async () => {
    await join('viewer', 'Una')
    const signIn = (name: string, password: string) => call('POST', '/sign-in', { body: { name, password } })
    const guesses = await Promise.all(
      Array.from({ length: 30 }, (_, guess) => signIn(`stranger ${guess % 3}`, 'wrong password')),
    )
    expect(new Set(guesses.map(({ status }) => status))).toEqual(new Set([401]))
    expect(await signIn('stranger 0', 'wrong password')).toMatchObject({ status: 429 })
    expect(await signIn('Una', 'wrong password')).toMatchObject({ status: 401 })
    expect(await signIn('Una', PASSWORD)).toMatchObject({ status: 200 })
  })
})

describe('a browser that is known', () => {
  const wrong = (name: string, cookie?: string) =>
    call('POST', '/sign-in', { body: { name, password: 'wrong password' }, headers: { cookie } })
  const marksIn = ({ headers }: Answer<unknown>) =>
    [headers['set-cookie']].flat().flatMap((each) => /^rightofway-browser=[^;]+/.exec(String(each))?.[0] ?? [])

  // Many passwords are checked, and each check is slow.
  it('signs in whatever others try at that name, from that address, or both, but guesses no more than others do', {
    timeout: 120_000,
  }, async () => {
    const browser = await join('viewer', 'Known')
    const [mark] = marksIn(await call('GET', '/me', { browser }))
    expect(mark).toMatch(/^rightofway-browser=user-[\w-]+\.[\w-]{16}\.[\w-]{43}$/)
    const signIn = (cookie?: string) =>
      call<Me>('POST', '/sign-in', { body: { name: 'Known', password: PASSWORD }, headers: { cookie } })
    for (let guess = 0; guess < 10; guess++) await wrong('Known')
    expect((await signIn()).status).toBe(429)
    const again = await signIn(mark)
    expect(again.status).toBe(200)
    // The browser is known already.
    expect(marksIn(again)).toEqual([])
    // Until this address has reached its rate limit.
    const guesses = await Promise.all(Array.from({ length: 250 }, (_, n) => wrong(`stranger ${n}`)))
    expect(guesses.at(-1)?.status).toBe(429)
    expect((await signIn(mark)).status).toBe(200)
    for (const forged of [
      `${mark?.slice(0, -1)}_`,
      mark?.replace(/user-[^.]+/, 'user-other'),
      'rightofway-browser=x',
    ]) {
      expect((await signIn(forged)).status).toBe(429)
    }
    const own = await Promise.all(Array.from({ length: 11 }, () => wrong('Known', mark)))
    expect(own.map(({ status }) => status).sort()).toEqual([...Array<number>(10).fill(401), 429])
    expect((await signIn(mark)).status).toBe(429)
  })
})

describe('what users do', () => {
  it('is in the audit log, by name, without personal data: done, and refused', async () => {
    const records = await gateway.admin<
      { actor: string; actorKind: string; actorId?: string; action: string; target?: string; refused?: string }[]
    >('GET', '/audit')
    for (const { actor, actorKind, actorId } of records) {
      expect([actorKind, actorId === undefined]).toEqual(actor === 'admin socket' ? ['socket', true] : ['user', false])
    }
    const of = (name: string) => records.filter(({ actor }) => actor === name)
    expect(of('Ada')).toContainEqual(expect.objectContaining({ action: 'createApplication' }))
    expect(of('Vera')).toContainEqual(expect.objectContaining({ action: 'putDevice', refused: 'PERMISSION_DENIED' }))
    expect(of('Tim')).toContainEqual(expect.objectContaining({ action: 'signIn', refused: 'UNAUTHENTICATED' }))
    expect(of('Leaver').map(({ action }) => action)).toEqual(['signOut', 'acceptInvitation'])
    expect(of('admin socket')).toContainEqual(expect.objectContaining({ action: 'endSession' }))
    expect(JSON.stringify(records)).not.toMatch(/36721601234567|wrong password|battery/)
  })

  it('does not leave the gateway without an admin [changeUser, deleteUser]', async () => {
    const users = await gateway.admin<{ id: string; role: string }[]>('GET', '/users')
    const admins = users.filter(({ role }) => role === 'admin')
    for (const { id } of admins.slice(1)) await gateway.admin('DELETE', `/users/${id}`)
    const last = admins[0]?.id ?? ''
    expect(await gateway.callAdmin('DELETE', `/users/${last}`)).toMatchObject({ status: 409 })
    expect(await gateway.callAdmin('PATCH', `/users/${last}`, { role: 'viewer' })).toMatchObject({ status: 409 })
  })
})

describe('the pages', () => {
  it('have a policy that allows nothing from other origins, and no framing', async () => {
    const { headers } = await gateway.call('GET', '/dashboard/', { key: null })
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
  })

  it('are files of the build only', async () => {
    for (const path of ['/dashboard/assets/../../package.json', '/dashboard/assets/..%2f..%2fpackage.json']) {
      expect((await gateway.call('GET', path, { key: null })).text).not.toContain('@rightofway/dashboard')
    }
  })
})
