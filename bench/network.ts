// The cost of the Linux network: grants while 0, 1 000 and 10 000 sessions are in place, and packets that a router
// forwards meanwhile. Everything in namespaces; root only.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createTopology, DEVICE, ROUTER, Station, type Topology } from '@rightofway/lab'
import { deviceOf, type GrantingReport, type Order, SERVER_ADDRESS, SERVER_PORT } from './lib/granting-process.js'
import { atLeast, atMost, type BenchResult, type Figure, machine, median, quantile } from './lib/result.js'

const SIZES = [0, 1_000, 10_000] as const
/** Of each measurement; of those in place, none has these numbers. */
const MEASURED = { from: 20_000, count: 500 } as const
const PER_SECOND = 500
const AT_ONCE = 256
const LONG_S = 3_600
const EXPIRING = { from: 30_000, count: 1_000 } as const
const EXPIRING_S = 4
const WINDOWS = 9
const WINDOW_MS = 500
/** How many packets leave for each that is sent: one process alone sends fewer than a router forwards. */
const COPIES = 32
const SENDS_PER_SECOND = 40_000
const SMALL = 20

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export async function run(): Promise<BenchResult> {
  const topology = await createTopology({ serverAddresses: [`${SERVER_ADDRESS}/24`] })
  const server = await Station.start(topology.server)
  const granting = await startGranting(topology)
  try {
    await prepareForwarding(topology)
    const figures: Figure[] = []
    const rates: number[] = []
    let inPlace = 0
    for (const size of SIZES) {
      await tell(granting, {
        do: 'grant',
        from: inPlace,
        count: size - inPlace,
        pace: { atOnce: AT_ONCE },
        duration: LONG_S,
      })
      inPlace = size
      await tell(granting, { do: 'settle' })
      figures.push(...(await grants(granting, size)))
      rates.push(await forwarded(topology, server))
    }
    figures.push(...(await massExpiry(granting)))
    await tell(granting, { do: 'end', from: 0, count: inPlace, pace: { atOnce: AT_ONCE }, duration: LONG_S })
    // The speed of the machine may change: empty maps are measured before and after.
    const empty = ((rates[0] as number) + (await forwarded(topology, server))) / 2
    figures.push({ name: 'forwarded with empty maps, packets per second', value: empty })
    for (const [index, size] of SIZES.entries()) {
      if (size === 0) continue
      const name = `forwarded with ${size} sessions, ratio to empty maps`
      const ratio = (rates[index] as number) / empty
      figures.push(size === SIZES.at(-1) ? atLeast(name, ratio, 0.9) : { name, value: ratio })
    }
    return { machine: machine(), figures }
  } finally {
    if (granting.connected) {
      granting.disconnect()
      await once(granting, 'exit')
    }
    await server.close()
    await topology.close()
  }
}

async function startGranting({ router }: Topology): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('./lib/granting-process.ts', import.meta.url))
  const argv = [process.execPath, ...process.execArgv, file]
  const child = router.spawn(argv, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  await answerOf(child)
  return child
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  const gone = once(child, 'exit', { signal: ended.signal }).then(() => {
    throw new Error('the process that grants has ended')
  })
  try {
    const [answer] = (await Promise.race([once(child, 'message'), gone])) as [unknown]
    return answer
  } finally {
    gone.catch(() => undefined)
    ended.abort()
  }
}

function tell(granting: ChildProcess, order: Order): Promise<GrantingReport> {
  const answer = answerOf(granting)
  granting.send(order)
  return answer as Promise<GrantingReport>
}

const KINDS = [
  { kind: 'grant', name: 'grants' },
  { kind: 'extend', name: 'extensions' },
  { kind: 'end', name: 'early ends' },
] as const

/** Grants, extensions and early ends: their latency at an even pace, and how many there are a second at most. */
async function grants(granting: ChildProcess, size: number): Promise<Figure[]> {
  const figures: Figure[] = []
  const largest = size === SIZES.at(-1)
  for (const { kind, name } of KINDS) {
    const order = { do: kind, ...MEASURED, duration: kind === 'extend' ? 2 * LONG_S : LONG_S }
    const { latenciesMs } = await tell(granting, { ...order, pace: { perSecond: PER_SECOND } })
    const text = `${name} with ${size} in place, 99 % within, ms`
    const latency = quantile(latenciesMs, 0.99)
    figures.push(largest && kind === 'grant' ? atMost(text, latency, 50) : { name: text, value: latency })
  }
  for (const { kind, name } of KINDS) {
    const order = { do: kind, ...MEASURED, duration: kind === 'extend' ? 2 * LONG_S : LONG_S }
    const { perSecond } = await tell(granting, { ...order, pace: { atOnce: AT_ONCE } })
    const text = `${name} with ${size} in place, per second`
    figures.push(largest && kind === 'grant' ? atLeast(text, perSecond, 2_000) : { name: text, value: perSecond })
  }
  return figures
}

/** How long grants take while many sessions end by themselves. */
async function massExpiry(granting: ChildProcess): Promise<Figure[]> {
  const granted = Date.now()
  await tell(granting, { do: 'grant', ...EXPIRING, pace: { atOnce: AT_ONCE }, duration: EXPIRING_S })
  // The first of them end now.
  await sleep(granted + EXPIRING_S * 1000 - Date.now())
  const common = { ...MEASURED, pace: { perSecond: PER_SECOND }, duration: LONG_S }
  const { latenciesMs } = await tell(granting, { do: 'grant', ...common })
  await tell(granting, { do: 'end', ...common })
  const name = `grants while ${EXPIRING.count} sessions expire, 99 % within, ms`
  return [{ name, value: quantile(latenciesMs, 0.99) }]
}

/** Sends devices' packets their way, and has the server's kernel copy what it sends. */
async function prepareForwarding({ router, server }: Topology): Promise<void> {
  await router.ip(`route add 10.0.0.0/8 via ${DEVICE.ipv4}`)
  const copy = `dup to ${ROUTER.wan.ipv4} device "eth0"`
  const rules = Array.from({ length: COPIES - 1 }, () => `    udp sport ${SERVER_PORT} ${copy}`)
  const chain = ['  chain output {', '    type filter hook output priority 0', ...rules, '  }']
  await server.run(['nft', '-f', '-'], ['table ip copies {', ...chain, '}', ''].join('\n'))
}

/** Packets a second that leave towards devices while as many come as can. */
async function forwarded({ router }: Topology, server: Station): Promise<number> {
  const to = Array.from({ length: 10_000 }, (_, index) => deviceOf(index))
  await server.tell('send', {
    id: 'load',
    to,
    port: 5_000,
    localAddress: SERVER_ADDRESS,
    localPort: SERVER_PORT,
    bitsPerSecond: SENDS_PER_SECOND * SMALL * 8,
    bytes: SMALL,
  })
  const count = async () => {
    const text = await router.run(['ip', '-json', '-stats', 'link', 'show', 'dev', ROUTER.lan.interface])
    const [link] = JSON.parse(text) as [{ stats64: { tx: { packets: number } } }]
    return { packets: link.stats64.tx.packets, at: performance.now() }
  }
  const perSecond: number[] = []
  try {
    await sleep(WINDOW_MS)
    let last = await count()
    for (let window = 0; window < WINDOWS; window++) {
      await sleep(WINDOW_MS)
      const next = await count()
      perSecond.push(((next.packets - last.packets) * 1000) / (next.at - last.at))
      last = next
    }
  } finally {
    await server.tell('stop', { id: 'load' })
  }
  return median(perSecond)
}
