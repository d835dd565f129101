// A viewer: the contents of the pages, and the answers of the gateway to other requests.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../parts.js'
import { expectAccessibleInBoth, startVisits, type Visitor, type Visits } from './lib.js'

/** A phone number, addresses and a name of devices in the sandbox. */
const PERSONAL = /\+36721601234567|192\.0\.2\.25|2001:db8:1234|device@testcsp/

describeWith(['chromium'], 'a viewer', () => {
  let visits: Visits
  let visitor: Visitor
  let sessionId: string
  beforeAll(async () => {
    visits = await startVisits()
    sessionId = (await visits.gateway.create({ sink: 'https://sink.example/private?token=secret' })).sessionId
    visitor = await visits.signedIn('viewer', 'Vera')
  })
  afterAll(() => visits.close())

  const open = async (name: string) => {
    const { page } = visitor
    await page.getByRole('navigation').getByRole('link', { name, exact: true }).click()
    await page.getByRole('heading', { name, level: 1 }).waitFor()
    await expect.poll(() => page.getByText('Loading …').count(), { timeout: 20_000 }).toBe(0)
  }

  const seen = () => visitor.page.evaluate<string>('document.body.innerText')

  it('has no page of other roles', async () => {
    const names = await visitor.page.getByRole('navigation').getByRole('link').allInnerTexts()
    expect(names.map((text) => text.split('\n')[0])).not.toContain('Users')
    expect(names.join()).not.toMatch(/Playground|Audit log/)
  })

  it.each(['Overview', 'Sessions', 'Applications', 'Devices', 'Profiles', 'Sandbox'])(
    'sees %s without personal data, and has nothing there to act with',
    async (name) => {
      const { page } = visitor
      await open(name)
      if (name === 'Applications') await page.getByRole('main').getByRole('link').first().click()
      if (name === 'Devices') await page.getByText('+3…67').first().waitFor()
      expect(await seen()).not.toMatch(PERSONAL)
      const buttons = await page.getByRole('main').getByRole('button').allInnerTexts()
      expect(buttons.filter((text) => text !== 'Copy')).toEqual([])
      await expectAccessibleInBoth(page)
    },
  )

  it('sees a session without personal data, and cannot extend or end it', async () => {
    const { page } = visitor
    await page.goto(`${visits.gateway.url}/dashboard/sessions/${sessionId}`)
    await page.getByRole('heading', { name: 'Timeline' }).waitFor()
    expect(await seen()).not.toMatch(PERSONAL)
    expect(await seen()).not.toContain('token=secret')
    expect(await page.getByRole('button', { name: /Extend|End|again/ }).count()).toBe(0)
    await expectAccessibleInBoth(page)
  })

  it('is refused other operations, with all credentials of the browser', async () => {
    const { page } = visitor
    const asked = await page.evaluate<[string, number][]>(`(async () => {
      const { csrfToken } = await (await fetch('/admin/v1/me')).json()
      const headers = { 'x-csrf-token': csrfToken, 'content-type': 'application/json' }
      const ask = async (method, path, body) => [
        method + ' ' + path,
        (await fetch('/admin/v1' + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })).status,
      ]
      return Promise.all([
        ask('POST', '/applications', { name: 'Forged' }),
        ask('POST', '/sessions/${sessionId}/end'),
        ask('POST', '/invitations', { role: 'admin' }),
        ask('DELETE', '/profiles/QOS_L'),
        ask('GET', '/audit'),
        ask('GET', '/changes'),
        ask('GET', '/users'),
      ])
    })()`)
    expect(asked.filter(([, status]) => status !== 403)).toEqual([])
    expect(asked).toHaveLength(7)
    expect(JSON.stringify(await visits.gateway.admin('GET', '/applications'))).not.toContain('Forged')
    expect(await visits.gateway.admin('GET', `/sessions/${sessionId}`)).toMatchObject({ qosStatus: 'AVAILABLE' })
  })

  it('is refused with cookie and token outside of a browser too, and other sites cannot send the cookie', async () => {
    const { page, context } = visitor
    const { csrfToken } = await page.evaluate<{ csrfToken: string }>(`fetch('/admin/v1/me').then((me) => me.json())`)
    const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
    const forged = await fetch(`${visits.gateway.url}/admin/v1/applications`, {
      method: 'POST',
      headers: { cookie, 'x-csrf-token': csrfToken, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Forged' }),
    })
    expect(forged.status).toBe(403)
    expect(await forged.json()).toMatchObject({ code: 'PERMISSION_DENIED', message: /operator/ })
    // localhost is another site than 127.0.0.1.
    const elsewhere = await context.newPage()
    await elsewhere.goto(visits.gateway.url.replace('127.0.0.1', 'localhost'))
    const sent = elsewhere.waitForRequest((request) => request.url() === `${visits.gateway.url}/admin/v1/me`)
    await elsewhere.evaluate(`location.href = '${visits.gateway.url}/admin/v1/me'`)
    expect((await (await sent).allHeaders())['cookie']).toBeUndefined()
    await elsewhere.close()
  })

  it('sees the traffic beside the guarantees, where a network measures it', async () => {
    const { page } = visitor
    await open('Overview')
    await page.getByText('Traffic is measured on Linux networks only').waitFor()
    // The answer of a router; a simulated network has no traffic to measure.
    await page.route('**/admin/v1/overview', async (route) => {
      const answer = await route.fetch()
      const body = (await answer.json()) as { networks: Record<'downlink' | 'uplink', { usedBps?: number }>[] }
      for (const { downlink, uplink } of body.networks) {
        downlink.usedBps = 12_000_000
        uplink.usedBps = 3_000_000
      }
      await route.fulfill({ response: answer, json: body })
    })
    await page.getByRole('img', { name: 'Down: 12 Mbit/s of 100 Gbit/s used' }).waitFor()
    await page.getByRole('img', { name: 'Up: 3 Mbit/s of 100 Gbit/s used' }).waitFor()
    await expectAccessibleInBoth(page)
    await page.unrouteAll({ behavior: 'wait' })
  })
})
