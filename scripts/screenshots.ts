// Pictures of the dashboard for the docs, light and dark: a real browser, a real gateway, a sandbox in which something
// goes on.

import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startVisits } from '../test/browser/lib.js'

const FOLDER = fileURLToPath(new URL('../docs/images/screenshots/', import.meta.url))
const PROFILES = ['QOS_L', 'QOS_M', 'QOS_S', 'QOS_E'] as const

mkdirSync(FOLDER, { recursive: true })
const visits = await startVisits()
try {
  const { gateway } = visits
  await gateway.admin('PUT', '/networks/simulator/simulator/capacity', { downlinkBps: 5e8, uplinkBps: 4e8 })
  const { page } = await visits.signedIn('admin', 'Ann')
  const { id } = await gateway.admin<{ id: string }>('POST', '/applications', { name: 'Video wall' })
  const { key } = await gateway.admin<{ key: string }>('POST', `/applications/${id}/keys`, { name: 'stage' })
  for (let index = 0; index < 60; index++) {
    const address = `198.51.100.${index + 1}`
    await gateway.admin('PUT', `/devices/cam-${index + 1}`, {
      phoneNumber: `+3672160200${100 + index}`,
      addresses: [{ address }],
    })
    const [qosProfile = 'QOS_L'] = [PROFILES[index % PROFILES.length]]
    const body = {
      device: { phoneNumber: `+3672160200${100 + index}` },
      applicationServer: { ipv4Address: '233.252.0.2' },
      applicationServerPorts: { ports: [443] },
      qosProfile,
      duration: 900 + 110 * index,
      sink: `${gateway.url}/sandbox/inbox`,
    }
    const answer = await gateway.call('POST', '/quality-on-demand/v1/sessions', { key, body })
    if (answer.status !== 201) throw new Error(answer.text)
  }
  await gateway.advance(1_200)
  const { sessions } = await gateway.admin<{ sessions: { sessionId: string; qosStatus: string }[] }>('GET', '/sessions')
  const shown = sessions.find(({ qosStatus }) => qosStatus === 'AVAILABLE')?.sessionId ?? ''
  await gateway.admin('POST', `/sessions/${sessions[40]?.sessionId}/end`)

  const pages = {
    overview: '/',
    sessions: '/sessions',
    session: `/sessions/${shown}`,
    playground: '/playground',
    applications: `/applications/${id}`,
  }
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(`${gateway.url}/dashboard${path}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      for (const loading of await page.getByText('Loading').all()) await loading.waitFor({ state: 'detached' })
      // The clock of the sandbox was told.
      await page.getByText('next:').waitFor()
      await page.screenshot({ path: `${FOLDER}${name}-${colorScheme}.png` })
    }
  }
} finally {
  await visits.close()
}
