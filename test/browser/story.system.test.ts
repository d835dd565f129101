// The first day of an operator, in a real browser, with a real gateway.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { NetworkAsCodeClient } from '../../packages/sdk/src/index.js'
import { describeWith } from '../parts.js'
import { becomeUser, expectAccessible, startVisits, type Visitor, type Visits } from './lib.js'

describeWith(['chromium'], 'a first day with the dashboard', () => {
  let visits: Visits
  let visitor: Visitor
  let key: string
  beforeAll(async () => {
    visits = await startVisits()
    visitor = await visits.invited('admin')
  })
  afterAll(() => visits.close())

  const open = async (name: string, heading = name) => {
    await visitor.page.getByRole('navigation').getByRole('link', { name, exact: true }).click()
    await visitor.page.getByRole('heading', { name: heading, level: 1 }).waitFor()
  }

  it('begins with an invitation for the first user', async () => {
    const { page } = visitor
    await page.getByRole('heading', { name: 'Welcome to Right of Way' }).waitFor()
    await expectAccessible(page)
    await becomeUser(page, 'Ann')
    expect(new URL(page.url()).hash).toBe('')
    await page.getByText('No problems').waitFor()
    await expectAccessible(page)
  })

  it('continues with an application and its key, which is shown once and copied', async () => {
    const { page } = visitor
    await open('Applications')
    await page.getByRole('button', { name: 'Add an application' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Video wall')
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Add it' }).click()
    const card = page.getByRole('region', { name: 'Video wall' })
    await card.getByRole('button', { name: 'Create a key' }).click()
    await page.getByLabel('Description').fill('stage')
    await page.getByRole('button', { name: 'Create it' }).click()
    const shown = (await page.getByTestId('new-key').textContent()) ?? ''
    await page.getByRole('button', { name: 'Copy the key' }).click()
    await page.getByText('Copied').waitFor()
    key = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(key).toBe(shown)
    expect(key).toMatch(/^row_[0-9a-f]{12}_/)
    await page.getByRole('button', { name: 'Close' }).click()
    expect(await page.getByText(key).count()).toBe(0)
    await expectAccessible(page)
    // A program uses the key now.
    const client = new NetworkAsCodeClient({ token: key, baseUrl: visits.gateway.url })
    expect(await client.devices.get({ phoneNumber: '+36721601234567' }).sessions()).toEqual([])
  })

  it('creates a session in the playground, and shows errors at their fields', async () => {
    const { page } = visitor
    await open('Playground')
    await page.getByLabel('Application', { exact: true }).selectOption({ label: 'Video wall' })
    await page.getByLabel('Duration', { exact: true }).fill('0')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('.wrong', { hasText: 'duration must be' }).waitFor()
    expect(await page.getByLabel('Duration', { exact: true }).getAttribute('aria-invalid')).toBe('true')
    await expectAccessible(page)
    await page.getByLabel('Duration', { exact: true }).fill('3600')
    const code = page.getByRole('tabpanel')
    expect(await code.textContent()).toContain('duration: 3600,')
    await page.getByRole('tab', { name: 'CLI' }).click()
    expect(await code.textContent()).toContain('--duration 3600s')
    await page.getByRole('tab', { name: 'curl' }).click()
    expect(await code.textContent()).toContain('"duration": 3600')
    await page.getByRole('button', { name: 'Send' }).click()
  })

  it('sees the session become AVAILABLE and count down', async () => {
    const { page } = visitor
    const sent = page.getByRole('region', { name: 'The created session' })
    await sent.getByText('AVAILABLE', { exact: true }).waitFor()
    await sent.getByRole('link', { name: 'Show its timeline' }).click()
    const left = page.getByRole('timer', { name: 'Time left' })
    const first = await left.textContent()
    await expect.poll(() => left.textContent(), { timeout: 20_000 }).not.toBe(first)
    await page.getByText('The network granted it.').waitFor()
    await page.getByText('Traffic is measured on Linux networks only').waitFor()
    await expectAccessible(page)
  })

  it('extends it, and sees it end when time is moved to its end', async () => {
    const { page } = visitor
    await page.getByRole('button', { name: 'Extend …' }).click()
    await page.getByLabel('Minutes', { exact: true }).fill('60')
    await page.getByRole('button', { name: 'Extend it' }).click()
    await page.getByText('2 h', { exact: true }).waitFor()
    await page.getByRole('button', { name: '+ 1 h' }).click()
    await page.getByRole('button', { name: 'To the next event' }).click()
    await page.getByText('Its duration ended.').waitFor()
    await page.getByText('UNAVAILABLE', { exact: true }).first().waitFor()
    const delivered = page.getByRole('row', { name: /UNAVAILABLE DURATION_EXPIRED/ })
    await delivered.getByText('delivered').waitFor()
    await expectAccessible(page)
  })

  it('finds the events in the inbox of the sandbox', async () => {
    const { page } = visitor
    await open('Sandbox')
    const inbox = page.getByRole('region', { name: 'Inbox' })
    await inbox.getByText('DURATION_EXPIRED').waitFor()
    expect(await inbox.getByRole('row').count()).toBe(3)
    await expectAccessible(page)
  })

  it('has the network refuse the next session, which then needs attention', async () => {
    const { page } = visitor
    await page.getByRole('button', { name: 'Refuse it', exact: true }).click()
    await page.getByText('For the next session the network will: refuse it.').waitFor()
    await open('Playground')
    await page.getByLabel('Application', { exact: true }).selectOption({ label: 'Video wall' })
    await page.getByRole('button', { name: 'Send' }).click()
    await page
      .getByRole('region', { name: 'The created session' })
      .getByText('NETWORK_TERMINATED', { exact: true })
      .waitFor()
    await open('Overview')
    await page.getByRole('link', { name: '1 session was ended or refused by a network' }).click()
    await page.getByRole('grid', { name: 'Sessions' }).getByText('UNAVAILABLE').first().waitFor()
    await expectAccessible(page)
  })

  it('can be used by keyboard: to a page, to the search, through the rows, and into one', async () => {
    const { page } = visitor
    await page.getByRole('heading', { name: 'Sessions', level: 1 }).click()
    await page.keyboard.press('g')
    await page.keyboard.press('d')
    await page.getByRole('heading', { name: 'Devices', level: 1 }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('page-device')
    await expect.poll(() => page.getByRole('row').count()).toBe(2)
    await expectAccessible(page)
    await page.getByRole('heading', { name: 'Devices', level: 1 }).click()
    await page.keyboard.press('g')
    await page.keyboard.press('s')
    await page.getByRole('grid', { name: 'Sessions' }).focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Timeline' }).waitFor()
  })

  it('makes the network refuse one later, and the gateway answer with a simulated fault', async () => {
    const { page } = visitor
    await open('Sandbox')
    await page.getByRole('button', { name: 'Refuse it a second late' }).click()
    await page.getByText('For the next session the network will: refuse it a second late.').waitFor()
    const client = new NetworkAsCodeClient({ token: key, baseUrl: visits.gateway.url, retries: 0 })
    const ask = () =>
      client.devices
        .get({ phoneNumber: '+36721601234567' })
        .createQodSession({ profile: 'QOS_L', duration: 60, serviceIpv4: '233.252.0.9' })
    const session = await ask()
    await visits.gateway.advance(1)
    await session.settled()
    expect(session).toMatchObject({ status: 'UNAVAILABLE', startedAt: undefined })
    await page.getByLabel('Answer to the next request').selectOption('UNAVAILABLE')
    await page.getByRole('button', { name: 'Answer with this error' }).click()
    await page.getByText('The next request of an application is answered with UNAVAILABLE.').waitFor()
    await expectAccessible(page)
    await expect(ask()).rejects.toMatchObject({ status: 503, code: 'UNAVAILABLE' })
  })

  it('revokes the key, and the program is refused', async () => {
    const { page } = visitor
    await open('Applications')
    await page.getByRole('link', { name: 'Video wall' }).click()
    await page.getByRole('button', { name: /^Revoke / }).click()
    await page.getByRole('button', { name: 'Revoke it' }).click()
    await page.getByText('revoked', { exact: true }).waitFor()
    const client = new NetworkAsCodeClient({ token: key, baseUrl: visits.gateway.url })
    const refused = client.devices.get({ phoneNumber: '+36721601234567' }).sessions()
    await expect(refused).rejects.toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
  })

  it('imports devices from a table as it is documented, all or none, and searches them on the server', async () => {
    const { page } = visitor
    await open('Devices')
    const importing = async (table: string) => {
      await page.getByRole('button', { name: 'Import …' }).click()
      await page.getByLabel('One device per line').fill(table)
      await page.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click()
    }
    const head = 'device,phoneNumber,networkAccessIdentifier,addresses,publicAddress,publicPorts'
    await importing(`${head}\nimport-1,+36721609990001,,10.9.0.1,,\nimport-2,wrong,,10.9.0.2,,\n`)
    await page.getByText('line 3: phoneNumber').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(await page.getByText('import-1').count()).toBe(0)
    await importing(`${head}\nimport-1,+36721609990001,,10.9.0.1 2001:db8:9::/64,198.51.100.9,1024-2047\n`)
    await page.getByText('10.9.0.1/32 as 198.51.100.9:1024-2047, 2001:db8:9::/64').waitFor()
    const answered = page.waitForResponse((response) => response.url().includes('search=198.51.100.9'))
    await page.getByLabel('Search').fill('198.51.100.9')
    await answered
    await expect.poll(() => page.getByRole('table').getByRole('row').count()).toBe(2)
    await expectAccessible(page)
    await page.getByLabel('Search').fill('')
  })

  it('adds a device and a profile', async () => {
    const { page } = visitor
    await open('Devices')
    await page.getByRole('button', { name: 'Add a device' }).click()
    await page.getByLabel('Name', { exact: true }).fill('cam-7')
    await page.getByLabel('Addresses', { exact: true }).fill('198.51.100.9')
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: 'cam-7' }).waitFor()
    await open('Profiles')
    await page.getByRole('button', { name: 'Add a profile' }).click()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('MY_PROFILE').waitFor()
    await expectAccessible(page)
  })

  it('invites a user, and finds all actions in the audit log', async () => {
    const { page, complaints } = visitor
    await open('Users')
    await page.getByRole('button', { name: 'Invite a user' }).click()
    await page.getByRole('button', { name: 'Create a link' }).click()
    await page.getByRole('heading', { name: 'An invitation' }).waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Close' }).click()
    await expectAccessible(page)
    await open('Audit log')
    for (const action of ['acceptInvitation', 'createApplicationKey', 'createSessionFor', 'revokeApplicationKey']) {
      await page.getByRole('cell', { name: action, exact: true }).first().waitFor()
    }
    await expectAccessible(page)
    expect(complaints.filter((text) => !text.includes('status of 400'))).toEqual([])
  })

  it('is usable on a phone and in dark mode', async () => {
    const { page } = visitor
    await page.setViewportSize({ width: 390, height: 800 })
    await page.emulateMedia({ colorScheme: 'dark' })
    for (const name of ['Overview', 'Sessions', 'Applications', 'Playground', 'Devices', 'Profiles', 'Sandbox']) {
      await open(name)
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
      expect(wide, name).toBeLessThanOrEqual(390)
      await expectAccessible(page)
    }
  })

  it('ends with signing out, and signing in again', async () => {
    const { page } = visitor
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await expectAccessible(page)
    await page.getByLabel('Name', { exact: true }).fill('ann')
    await page.getByLabel('Password', { exact: true }).fill('correct horse batteri')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('The name or the password is wrong.').waitFor()
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Ann').first().waitFor()
  })
})
