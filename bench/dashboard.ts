// The table of sessions with 10 000 live ones: the longest task of the page's main thread while a person
// scrolls and filters, and while sessions change.

import type { Page } from 'playwright-core'
import { startVisits } from '../test/browser/lib.js'
import { atMost, type BenchResult, machine } from './lib/result.js'

const SESSIONS = 10_000
const IN_PARALLEL = 100
const GOAL_MS = 200

/** The browser reports tasks longer than 50 ms (Long Tasks API). */
const WATCH = `
  window.longTasks = []
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask' })
`

export const run = async (): Promise<BenchResult> => {
  const visits = await startVisits({
    settings: {
      'directory.kind': 'open',
      'directory.prefixes': ['10.0.0.0/8'],
      'store.durable': false,
    },
  })
  try {
    const capacity = { downlinkBps: 1e15, uplinkBps: 1e15 }
    await visits.gateway.admin('PUT', '/networks/simulator/simulator/capacity', capacity)
    await fill(visits.gateway.create)
    const { page } = await visits.signedIn('operator', 'Ann')
    await page.evaluate(WATCH)
    const load = await longest(page, async () => {
      await page.getByRole('link', { name: 'Sessions', exact: true }).first().click()
      await page.getByText(`${SESSIONS} of ${SESSIONS}`).waitFor()
    })
    const scroll = await longest(page, async () => {
      await page.getByRole('grid', { name: 'Sessions' }).hover()
      for (let step = 0; step < 100; step++) await page.mouse.wheel(0, 3_000)
      await page.keyboard.press('Tab')
      await page.getByRole('grid', { name: 'Sessions' }).focus()
      for (const pressed of ['End', 'Home', 'End', 'PageUp', 'PageUp', 'Home']) await page.keyboard.press(pressed)
    })
    const filter = await longest(page, async () => {
      await page.getByLabel('Search').pressSequentially('10.0.7. qos_l')
      await page.getByText(`256 of ${SESSIONS}`).waitFor()
      await page.getByLabel('Search').fill('')
      await page.getByText(`${SESSIONS} of ${SESSIONS}`).waitFor()
      await page.getByLabel('Status', { exact: true }).selectOption('AVAILABLE')
      await page.getByLabel('Status', { exact: true }).selectOption('')
    })
    const changes = await longest(page, async () => {
      await fill(visits.gateway.create, SESSIONS, 500)
      await page.getByText(`${SESSIONS + 500} of ${SESSIONS + 500}`).waitFor()
    })
    return {
      machine: machine(),
      figures: [
        { name: 'sessions', value: SESSIONS },
        { name: 'longest task while they are read, ms', value: load },
        atMost('longest task while scrolling, ms', scroll, GOAL_MS),
        atMost('longest task while filtering, ms', filter, GOAL_MS),
        atMost('longest task while 500 more come, ms', changes, GOAL_MS),
      ],
    }
  } finally {
    await visits.close()
  }
}

/** The longest task during `act`, in milliseconds. The browser reports none below 50 ms: then it is 50. */
async function longest(page: Page, act: () => Promise<void>): Promise<number> {
  await page.evaluate('window.longTasks.length = 0')
  await act()
  // A task under way at the end of `act` counts.
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 300)))')
  return page.evaluate<number>('Math.max(50, ...window.longTasks)')
}

type Create = (body: {
  device: { ipv4Address: { publicAddress: string; privateAddress: string } }
  applicationServer: { ipv4Address: string }
}) => Promise<unknown>

/** Sessions of devices 10.0.0.0 and up, from the one of number `from`. */
async function fill(create: Create, from = 0, count = SESSIONS): Promise<void> {
  for (let done = 0; done < count; done += IN_PARALLEL) {
    await Promise.all(
      Array.from({ length: Math.min(IN_PARALLEL, count - done) }, (_, index) => {
        const number = from + done + index
        const address = `10.0.${number >> 8}.${number & 255}`
        return create({
          device: { ipv4Address: { publicAddress: address, privateAddress: address } },
          applicationServer: { ipv4Address: '198.51.100.7' },
        })
      }),
    )
  }
}
