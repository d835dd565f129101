// The Linux network in a process in the router's namespace, driven by its parent.

import type { NetworkId, ReservationId, Seconds } from '@rightofway/camara'
import { seconds } from '@rightofway/camara'
import { ROUTER } from '@rightofway/lab'
import { machineTools } from '../../packages/gateway/src/adapters/network-linux/kernel/tools.js'
import { LinuxNetwork } from '../../packages/gateway/src/adapters/network-linux/network.js'
import { SystemClock } from '../../packages/gateway/src/adapters/system-clock.js'
import type { Prefix } from '../../packages/gateway/src/domain/address.js'
import type { Flow } from '../../packages/gateway/src/domain/flow.js'
import type { Reservation } from '../../packages/gateway/src/ports/network.js'
import { guarantee } from '../../packages/gateway/test/support/reservations.js'

/** `settle`: answer when no more classes are being made ready. */
export type Order = GrantingOrder | { readonly do: 'settle' }

export interface GrantingOrder {
  readonly do: 'grant' | 'extend' | 'end'
  /** Numbers of the sessions: the first, and how many. */
  readonly from: number
  readonly count: number
  /** Calls a second, whether answered or not; or how many may be under way at once. */
  readonly pace: { readonly perSecond: number } | { readonly atOnce: number }
  readonly duration: number
}

export interface GrantingReport {
  readonly latenciesMs: readonly number[]
  readonly perSecond: number
}

/** Devices of session `n`: one each. */
export const deviceOf = (n: number): string => `10.${1 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`
export const SERVER_ADDRESS = '198.51.100.7'
export const SERVER_PORT = 443
/** Of so many sessions one has a range, and one a prefix: their map holds 1 000. */
const MIX = 25

/** 4 % with a range of ports, 4 % with a prefix of servers; the others exact, every second with a port. */
function flowOf(n: number): Flow {
  const kind = n % MIX
  const device = { ipv4: `${deviceOf(n)}/32` as Prefix }
  const server = (kind === 9 ? ['198.51.100.0/24'] : [`${SERVER_ADDRESS}/32`]) as [Prefix]
  if (kind === 8) return { device, server, serverPorts: [[SERVER_PORT, SERVER_PORT + 1_000]] }
  return n % 2 === 1 ? { device, server, serverPorts: [[SERVER_PORT, SERVER_PORT]] } : { device, server }
}

const idOf = (n: number): ReservationId => `rsv-${n}` as ReservationId

const versions = new Map<number, number>()

function reservationOf(n: number, duration: Seconds): Reservation {
  const version = (versions.get(n) ?? 0) + 1
  versions.set(n, version)
  return { id: idOf(n), version, flow: flowOf(n), profile: 'bench', qos: guarantee(1_000_000), duration }
}

async function main(): Promise<void> {
  const complain = (fields: object, message: string) =>
    void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`)
  const network = await LinuxNetwork.open({
    config: {
      id: 'bench' as NetworkId,
      // More than any machine forwards, so that no packet waits.
      towardsDevices: [{ interface: ROUTER.lan.interface, capacityBps: 100e9 }],
      towardsServers: { interface: ROUTER.wan.interface, capacityBps: 100e9 },
      reservedShare: 0.1,
      maxSessions: 16_000,
      ipv6PrefixLength: 64,
      dscp: false,
      reassemble: true,
      takeover: false,
    },
    file: ':memory:',
    tools: machineTools(),
    clock: new SystemClock(Date.now),
    monotonicNow: () => performance.now(),
    log: { info: () => undefined, warn: complain, error: complain },
  })
  const one = async (order: GrantingOrder, n: number) => {
    if (order.do === 'end') {
      const version = (versions.get(n) ?? 0) + 1
      versions.set(n, version)
      await network.release(idOf(n), version)
      return
    }
    const answer = await network.reserve(reservationOf(n, seconds(order.duration)))
    if (answer.result !== 'granted') throw new Error(`session ${n}: ${JSON.stringify(answer)}`)
  }
  process.on('disconnect', () => {
    network.close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  })
  process.on('message', (order: Order) => {
    const done = order.do === 'settle' ? settle(network) : carryOut(order, (n) => one(order, n))
    done.then(
      (report) => process.send?.(report),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`)
        process.exit(1)
      },
    )
  })
  process.send?.('open')
}

/** Classes are made ready in the background, a chunk at a time: until there are no more of them than a second ago. */
async function settle(network: LinuxNetwork): Promise<GrantingReport> {
  for (let before = -1; ; ) {
    const { ready } = (await network.status()).classes
    if (ready === before) return { latenciesMs: [], perSecond: 0 }
    before = ready
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

async function carryOut(
  { from, count, pace }: GrantingOrder,
  one: (n: number) => Promise<void>,
): Promise<GrantingReport> {
  const latenciesMs: number[] = []
  const began = performance.now()
  const timed = async (n: number) => {
    const asked = performance.now()
    await one(n)
    latenciesMs.push(performance.now() - asked)
  }
  let next = 0
  if ('atOnce' in pace) {
    const worker = async () => {
      while (next < count) await timed(from + next++)
    }
    await Promise.all(Array.from({ length: pace.atOnce }, worker))
  } else {
    const all: Promise<void>[] = []
    while (next < count) {
      const due = Math.min(count, ((performance.now() - began) / 1000) * pace.perSecond)
      while (next < due) all.push(timed(from + next++))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await Promise.all(all)
  }
  return { latenciesMs, perSecond: (count * 1000) / (performance.now() - began) }
}

// Others import what is above.
if (process.argv[1]?.endsWith('granting-process.ts')) await main()
