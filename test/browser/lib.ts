// A real browser, and a gateway as operators run it.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import {
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../../packages/gateway/test/support/gateway.js'

/** For machines that are busy with other work. */
const PATIENCE_MS = 30_000

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const PASSWORD = 'correct horse battery'

export interface Visitor {
  readonly page: Page
  readonly context: BrowserContext
  /** Errors of the page, from the console and uncaught. */
  readonly complaints: string[]
}

export interface Visits {
  readonly browser: Browser
  readonly gateway: TestGateway
  /** A new browser profile, at the URL of an invitation for `role`. */
  invited(role: string): Promise<Visitor>
  /** A new browser profile, signed in as a new user with this name. */
  signedIn(role: string, name: string): Promise<Visitor>
  /** A new browser profile. */
  stranger(): Promise<Visitor>
  close(): Promise<void>
}

export const launchChromium = (args: readonly string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage', ...args] })

export async function startVisits(options: TestGatewayOptions = {}): Promise<Visits> {
  const settings = { 'dashboard.enabled': true, ...options.settings }
  const gateway = await startTestGateway({ ...options, settings })
  const browser = await launchChromium()

  const stranger = async (): Promise<Visitor> => {
    const context = await browser.newContext({
      permissions: ['clipboard-read', 'clipboard-write'],
      viewport: { width: 1280, height: 800 },
    })
    const page = await context.newPage()
    page.setDefaultTimeout(PATIENCE_MS)
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    return { page, context, complaints }
  }

  const invited = async (role: string): Promise<Visitor> => {
    const { url } = await gateway.admin<{ url: string }>('POST', '/invitations', { role })
    const visitor = await stranger()
    await visitor.page.goto(url)
    return visitor
  }

  return {
    browser,
    gateway,
    stranger,
    invited,
    async signedIn(role, name) {
      const visitor = await invited(role)
      await becomeUser(visitor.page, name)
      return visitor
    },
    async close() {
      await browser.close()
      await gateway.close()
    },
  }
}

/** Accepts the invitation that a page shows. */
export async function becomeUser(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Begin' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
}

interface Violation {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

/** Checks the accessibility of the page, as far as a program can (axe-core, WCAG 2.2 A and AA). */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(AXE)
  const violations = await page.evaluate<Violation[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
       .then(({ violations }) => violations)`,
  )
  const said = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html }) => `  ${html}`).join('\n')}`,
  )
  expect(said, page.url()).toEqual([])
}

/** As {@link expectAccessible}, in light and in dark mode. */
export async function expectAccessibleInBoth(page: Page): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  }
}
