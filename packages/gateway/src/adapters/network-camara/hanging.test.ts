// Two networks behind APIs, one of which never answers.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SessionInfo } from '@rightofway/camara'
import { expect, it } from 'vitest'
import { QOD, withGateway } from '../../../test/support/gateway.js'
import { until } from '../../../test/support/waiting.js'

const DEVICES = 32

it('answers devices of one network while those of another wait for a network that hangs', async () => {
  let asked = 0
  const hanging = createServer(() => {
    asked++
  }).listen(0, '127.0.0.1')
  let made = 0
  const quick = createServer((request, response) => {
    const { method } = request
    request.resume().on('end', () => {
      if (method !== 'POST') return response.writeHead(method === 'GET' ? 404 : 204).end()
      const now = Date.now()
      const [startedAt, expiresAt] = [now, now + 60_000].map((ms) => new Date(ms).toISOString())
      const session = { sessionId: `s${++made}`, qosStatus: 'AVAILABLE', startedAt, expiresAt }
      return response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(session))
    })
  }).listen(0, '127.0.0.1')
  await Promise.all([once(hanging, 'listening'), once(quick, 'listening')])
  const urlOf = (server: typeof quick) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    await withGateway(
      async (gateway) => {
        const create = (prefix: string, n: number) =>
          gateway.call<SessionInfo>('POST', `${QOD}/sessions`, {
            headers: prefix === '10.1' ? { prefer: 'respond-async' } : {},
            body: {
              device: { ipv4Address: { publicAddress: `${prefix}.0.${n}`, privateAddress: `${prefix}.0.${n}` } },
              applicationServer: { ipv4Address: '198.51.100.7' },
              qosProfile: 'QOS_L',
              duration: 60,
            },
          })
        const stuck = await Promise.all(Array.from({ length: DEVICES }, (_, n) => create('10.1', n)))
        await until(() => asked >= DEVICES)
        const answers = await Promise.all(Array.from({ length: DEVICES }, (_, n) => create('10.2', n)))
        expect(answers.map(({ body }) => body.qosStatus)).toEqual(answers.map(() => 'AVAILABLE'))
        expect(made).toBe(DEVICES)
        expect(stuck.map(({ body }) => body.qosStatus)).toEqual(stuck.map(() => 'REQUESTED'))
        const { status, body } = await gateway.call<SessionInfo>('GET', `${QOD}/sessions/${stuck[0]?.body.sessionId}`)
        expect({ status, qosStatus: body.qosStatus }).toEqual({ status: 200, qosStatus: 'REQUESTED' })
        // All figures at the first reading.
        const { text } = await gateway.call('GET', '/metrics')
        expect(text).toContain(`rightofway_api_network_reservations{network="quick"} ${DEVICES}\n`)
        expect(text).toContain('rightofway_api_network_up{network="quick"} 1\n')
        expect(text).toContain('rightofway_api_network_orphans{network="hanging"} 0\n')
        hanging.closeAllConnections()
      },
      {
        settings: {
          'directory.kind': 'open',
          'directory.prefixes': ['10.0.0.0/8'],
          // An answer in time must not depend on the load of this machine.
          'sessions.createHoldMs': 60_000,
        },
        networks: [
          { kind: 'camara', id: 'hanging', url: urlOf(hanging), devices: ['10.1.0.0/16'], timeoutMs: 60_000 },
          { kind: 'camara', id: 'quick', url: urlOf(quick), devices: ['10.2.0.0/16'] },
        ],
      },
    )
  } finally {
    for (const server of [hanging, quick]) {
      server.closeAllConnections()
      server.close()
    }
  }
})
