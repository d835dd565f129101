// The gateway behind nginx, with the configuration of docs/operate/behind-a-proxy.md, as browsers see it.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAuthority } from '../../packages/gateway/test/support/certificates.js'
import { freePort } from '../../packages/gateway/test/support/free-port.js'
import { startTestGateway, type TestGateway } from '../../packages/gateway/test/support/gateway.js'
import { type Nginx, startNginx } from '../nginx.js'
import { describeWith } from '../parts.js'
import { becomeUser, launchChromium } from './lib.js'

const PAGE = readFileSync(new URL('../../docs/operate/behind-a-proxy.md', import.meta.url), 'utf8')
const OF_THE_PAGE = /```nginx\n(.*?)```/s.exec(PAGE)?.[1] as string
/** The simplest configuration: no header is set. */
const PLAIN = `
  upstream rightofway { server 127.0.0.1:8080; }
  server {
    listen 443 ssl;
    ssl_certificate /etc/ssl/certs/qod.example.com.pem;
    ssl_certificate_key /etc/ssl/private/qod.example.com.key;
    location / { proxy_pass http://rightofway; }
  }`

interface Site {
  /** The URL in browsers. */
  readonly url: string
  gateway: TestGateway
  /** Starts the gateway again, with its data, on the port that nginx uses. */
  restart(): Promise<void>
  close(): Promise<void>
}

async function openSite(config: string, path = '', settings: object = {}): Promise<Site> {
  const [port, gatewayPort] = [await freePort(), await freePort()]
  const url = `https://localhost:${port}${path}`
  const dataDir = mkdtempSync(join(tmpdir(), 'rightofway-site-'))
  const start = () =>
    startTestGateway({
      dataDir,
      settings: { 'dashboard.enabled': true, 'listen.port': gatewayPort, publicUrl: url, ...settings },
    })
  const gateway = await start()
  const mine = config
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${gatewayPort}`)
    .replaceAll('listen 443', `listen 127.0.0.1:${port}`)
    .replaceAll('/etc/ssl/certs/qod.example.com.pem', 'cert.pem')
    .replaceAll('/etc/ssl/private/qod.example.com.key', 'key.pem')
  const nginx: Nginx = await startNginx(mine, port, createAuthority())
  const site: Site = {
    url,
    gateway,
    async restart() {
      site.gateway = await start()
    },
    async close() {
      await nginx.close()
      await site.gateway.close()
      rmSync(dataDir, { recursive: true })
    },
  }
  return site
}

describeWith(['nginx', 'chromium'], 'behind nginx', () => {
  let browser: Browser
  const sites: Site[] = []
  const open = async (...args: Parameters<typeof openSite>): Promise<Site> => {
    const site = await openSite(...args)
    sites.push(site)
    return site
  }
  beforeAll(async () => {
    browser = await launchChromium(['--ignore-certificate-errors'])
  })
  afterAll(async () => {
    await browser.close()
    for (const site of sites) await site.close()
  })

  /** A browser in which a user has accepted an invitation. */
  async function becomeOperator(site: Site, name: string): Promise<{ context: BrowserContext; page: Page }> {
    const { url } = await site.gateway.admin<{ url: string }>('POST', '/invitations', { role: 'operator' })
    expect(url).toMatch(new RegExp(`^${site.url}/dashboard/invitation#`))
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(url)
    await becomeUser(page, name)
    return { context, page }
  }

  const goTo = (page: Page, name: string) => page.getByRole('link', { name, exact: false }).first().click()
  const isLive = (page: Page) => page.getByText('live', { exact: true }).waitFor()

  it.each([
    ['as the page says', OF_THE_PAGE, '', { 'listen.trustProxy': '127.0.0.1' }],
    ['without any header', PLAIN, '', {}],
    ['under a path that it takes away', inPath(OF_THE_PAGE, '/'), '/qod', { 'listen.trustProxy': '127.0.0.1' }],
    ['under a path that it leaves', inPath(OF_THE_PAGE, ''), '/qod', { 'listen.trustProxy': '127.0.0.1' }],
    ['under a path, without any header', inPath(PLAIN, '/'), '/qod', {}],
  ])('people sign in, look and act: %s', async (_how, config, path, settings) => {
    const site = await open(config, path, settings)
    const { context, page } = await becomeOperator(site, 'Olga')
    const complaints: string[] = []
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
    await goTo(page, 'Sessions')
    await isLive(page)
    expect(page.url()).toBe(`${site.url}/dashboard/sessions`)
    await site.gateway.create()
    await page.getByText('1 of 1').waitFor()
    await page.reload()
    await isLive(page)
    await goTo(page, 'Applications')
    expect(page.url()).toBe(`${site.url}/dashboard/applications`)
    const secure = 'listen.trustProxy' in settings
    const name = secure ? '__Host-rightofway' : 'rightofway'
    // The second cookie marks a known browser, and gives no access.
    expect(await context.cookies(site.url)).toMatchObject([
      { name, secure, httpOnly: true },
      { name: `${name}-browser`, secure, httpOnly: true },
    ])
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await page.goto(`${site.url}/`)
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(page.url()).toBe(`${site.url}/dashboard/`)
    expect(complaints).toEqual([])
    const found = await page.evaluate(async (base) => {
      const read = async (at: string) => (await fetch(base + at)).json()
      return { api: await read('/quality-on-demand/v1/openapi.json'), admin: await read('/admin/v1/openapi.json') }
    }, site.url)
    expect(found).toMatchObject({
      api: { servers: [{ url: `${path}/quality-on-demand/v1` }] },
      admin: { servers: [{ url: `${path}/admin/v1` }] },
    })
    await page.goto(`${site.url}/quality-on-demand/v1/docs`)
    await page.getByText('createSession').first().waitFor()
  })

  it('pages show that the gateway is unreachable, and continue when it is back', async () => {
    const site = await open(OF_THE_PAGE, '', { 'listen.trustProxy': '127.0.0.1' })
    const { page } = await becomeOperator(site, 'Petra')
    await site.gateway.create()
    await goTo(page, 'Sessions')
    await isLive(page)
    await page.getByText('1 of 1').waitFor()
    await site.gateway.close()
    await page.getByText('The gateway does not answer').waitFor()
    await page.getByText('out of date', { exact: true }).waitFor()
    await site.restart()
    await isLive(page)
    expect(await page.getByText('The gateway does not answer').count()).toBe(0)
  })

  it('pages lead to the sign-in when the sign-in has ended', async () => {
    const site = await open(OF_THE_PAGE, '', { 'listen.trustProxy': '127.0.0.1' })
    const { page } = await becomeOperator(site, 'Quinn')
    await goTo(page, 'Sessions')
    await isLive(page)
    const [user] = await site.gateway.admin<{ id: string }[]>('GET', '/users')
    await site.gateway.admin('DELETE', `/users/${user?.id}`)
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
  })

  it('more tabs than a browser has connections are all live', async () => {
    const site = await open(OF_THE_PAGE, '', { 'listen.trustProxy': '127.0.0.1' })
    const { context } = await becomeOperator(site, 'Rosa')
    const tabs: Page[] = []
    for (let tab = 0; tab < 9; tab++) {
      const page = await context.newPage()
      tabs.push(page)
      await page.goto(`${site.url}/dashboard/sessions`)
      await isLive(page)
    }
    await site.gateway.create()
    for (const page of tabs) await page.getByText('1 of 1').waitFor()
  })

  it('tabs that share nothing are live when they are visible', { timeout: 400_000 }, async () => {
    const site = await open(OF_THE_PAGE, '', { 'listen.trustProxy': '127.0.0.1' })
    const { context } = await becomeOperator(site, 'Sven')
    // A browser without a window shows all tabs at once.
    await context.addInitScript(
      `delete globalThis.SharedWorker
       Object.defineProperty(document, 'visibilityState', { value: 'visible', writable: true })`,
    )
    const look = (page: Page, state: 'visible' | 'hidden') =>
      page.evaluate(
        `document.visibilityState = ${JSON.stringify(state)}
         document.dispatchEvent(new Event('visibilitychange'))`,
      )
    const tabs: Page[] = []
    for (let tab = 0; tab < 8; tab++) {
      const page = await context.newPage()
      tabs.push(page)
      await page.goto(`${site.url}/dashboard/sessions`)
      await isLive(page)
      await look(page, 'hidden')
    }
    await site.gateway.create()
    const [first] = tabs as [Page]
    await look(first, 'visible')
    await first.getByText('1 of 1').waitFor()
  })
})

/** The same, for one path of the host. */
function inPath(config: string, slash: string): string {
  return config
    .replace('location / {', 'location /qod/ {')
    .replace('proxy_pass http://rightofway;', `proxy_pass http://rightofway${slash};`)
}
