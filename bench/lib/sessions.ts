// Sessions to bench with: every request has a device of its own, as an address in 10.0.0.0/8.

import type { LoadOrder } from './load-generator.js'

/** Settings of a gateway that takes them: no register of devices, and more than any bench uses up of all that is limited. */
export const BENCH_CONFIG = `directory: { kind: open, prefixes: [10.0.0.0/8] }
networks: [{ kind: simulator, id: simulator, downlinkBps: 1000000000000000, uplinkBps: 1000000000000000 }]
limits: { requestsPerSecond: 1000000, sessions: 100000000 }
`

export const sessionBody = (duration: number): string =>
  JSON.stringify({
    device: { ipv4Address: { publicAddress: '#4', privateAddress: '#4' } },
    applicationServer: { ipv4Address: '198.51.100.7' },
    applicationServerPorts: { ports: [443] },
    qosProfile: 'QOS_L',
    duration,
  })

export const createOrder = (
  port: number,
  key: string,
  options: { readonly measureMs: number; readonly firstNumber: number; readonly async?: boolean },
): LoadOrder => ({
  port,
  connections: 64,
  warmupMs: 1_000,
  measureMs: options.measureMs,
  firstNumber: options.firstNumber,
  method: 'POST',
  path: '/quality-on-demand/v1/sessions',
  headers: {
    'content-type': 'application/json',
    authorization: `Bearer ${key}`,
    ...(options.async && { prefer: 'respond-async' }),
  },
  body: sessionBody(3600),
})
