// Sessions to bench with: every request has a device of its own, as an address in 10.0.0.0/8.

import type { LoadOrder } from './load-generator.js'

/** Of a simulated network: more than any bench uses, like all limits here. */
export const CAPACITY_BPS = 1e15

/** Settings of a gateway that takes them: no register of devices, and a simulated network of its own. */
export const BENCH_CONFIG = configOf(`downlinkBps: ${CAPACITY_BPS}, uplinkBps: ${CAPACITY_BPS}`)

/** The same for gateways that have a simulated network in common. */
export const sharedConfig = (simulatorUrl: string): string => configOf(`url: "${simulatorUrl}"`)

function configOf(network: string): string {
  return `directory: { kind: open, prefixes: [10.0.0.0/8] }
networks: [{ kind: simulator, id: simulator, ${network} }]
limits: { requestsPerSecond: 1000000, sessions: 100000000 }
`
}

export const SESSIONS_PATH = '/quality-on-demand/v1/sessions'

/** Of the device with that number, 16 million in all. */
export const addressOf = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`

/** One for each number of a load. */
export const DEVICE = { ipv4Address: { publicAddress: '#4', privateAddress: '#4' } }

/** Of all loads: the number of requests under way at a time. */
export const CONNECTIONS = 64

export const sessionBody = (duration: number): string =>
  JSON.stringify({
    device: DEVICE,
    applicationServer: { ipv4Address: '198.51.100.7' },
    applicationServerPorts: { ports: [443] },
    qosProfile: 'QOS_L',
    duration,
  })

/** The baseline: the body of a create, sent to a bare echo. */
export const echoOrder = (port: number, how: Pick<LoadOrder, 'connections' | 'warmupMs' | 'measureMs'>): LoadOrder => ({
  ...how,
  port,
  method: 'POST',
  path: '/',
  headers: { 'content-type': 'application/json' },
  body: sessionBody(3600),
})

export const createOrder = (
  port: number,
  key: string,
  options: {
    readonly measureMs: number
    /** Default: 1 000. */
    readonly warmupMs?: number
    readonly firstNumber: number
    readonly async?: boolean
  },
): LoadOrder => ({
  port,
  connections: CONNECTIONS,
  warmupMs: options.warmupMs ?? 1_000,
  measureMs: options.measureMs,
  firstNumber: options.firstNumber,
  method: 'POST',
  path: SESSIONS_PATH,
  headers: {
    'content-type': 'application/json',
    authorization: `Bearer ${key}`,
    ...(options.async && { prefer: 'respond-async' }),
  },
  body: sessionBody(3600),
})
