// An application as a page of another origin, in a real browser: it sends preflights, and shows a page only the answers
// that the gateway allows.

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Sandbox, startSandbox } from '@rightofway/sandbox'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../parts.js'
import type { Setting } from '../runtimes/program.js'
import { SEEN } from '../runtimes/seen.js'
import { launchChromium } from './lib.js'

const programs = fileURLToPath(new URL('../runtimes/', import.meta.url))

/** What the page has of its own. */
declare const program: (setting: Setting) => Promise<Record<string, unknown>>

describeWith(['chromium'], 'a page of another origin', () => {
  let browser: Browser
  let sandbox: Sandbox
  let setting: Setting
  let pages: { server: Server; origin: string }[]
  beforeAll(async () => {
    const script = await bundle()
    pages = await Promise.all([serve(script), serve(script)])
    const [known] = pages
    sandbox = await startSandbox({ settings: { 'http.cors.origins': [known?.origin] } })
    setting = { url: sandbox.url, key: await sandbox.newKey(), oauth: await sandbox.newOAuthClient() }
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
    await sandbox.close()
    for (const { server } of pages) server.close()
  })

  async function open(index: number): Promise<Page> {
    const page = await browser.newPage()
    await page.goto(pages[index]?.origin as string)
    return page
  }

  it('uses the SDK like any program: creates, follows, is refused with messages, gets tokens', async () => {
    const page = await open(0)
    expect(await page.evaluate((given) => program(given), setting)).toEqual(SEEN)
  })

  it('reads the headers that the SDK uses: the time of the gateway, the correlator, Retry-After', async () => {
    const page = await open(0)
    const headers = await page.evaluate(async ({ url, key }) => {
      const answer = await fetch(`${url}/quality-on-demand/v1/sessions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-correlator': 'from-a-page' },
        body: '{}',
      })
      return { status: answer.status, ...Object.fromEntries(answer.headers) }
    }, setting)
    expect(headers).toMatchObject({ status: 400, 'x-correlator': 'from-a-page', date: expect.any(String) as string })
  })

  it('reads no answer of the dashboard, of the sandbox or to an origin that is not listed', async () => {
    const read = (page: Page, path: string) =>
      page.evaluate(
        ([url, token]) =>
          fetch(url as string, { headers: { authorization: `Bearer ${token}` } }).then(
            ({ status }) => status,
            (error: Error) => error.message,
          ),
        [sandbox.url + path, setting.key],
      )
    const [known, unknown] = await Promise.all([open(0), open(1)])
    expect(await read(known, '/qos-profiles/v1/qos-profiles/QOS_L')).toBe(200)
    for (const path of ['/admin/v1/me', '/metrics', '/sandbox/inbox']) {
      expect(await read(known, path), path).toBe('Failed to fetch')
    }
    expect(await read(unknown, '/qos-profiles/v1/qos-profiles/QOS_L')).toBe('Failed to fetch')
  })
})

/** The program as a script of a page. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: "export { program } from './program.ts'", resolveDir: programs },
    conditions: ['rightofway-source'],
    bundle: true,
    format: 'iife',
    globalName: 'page',
    footer: { js: 'globalThis.program = page.program' },
    target: 'es2022',
    write: false,
  })
  return outputFiles[0]?.text as string
}

async function serve(script: string): Promise<{ server: Server; origin: string }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end(`<!doctype html><title>page</title><script>${script}</script>`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, origin: `http://localhost:${(server.address() as AddressInfo).port}` }
}
