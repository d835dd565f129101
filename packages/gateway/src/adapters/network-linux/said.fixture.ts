// The output of a kernel and its tools about a network of ours: recorded on common kernels (`npm run test:kernel --
// said --record`), so that the parsers see the same output where no other kernel can be booted.

import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type BitsPerSecond, seconds } from '@rightofway/camara'
import { guarantee, reservation } from '../../../test/support/reservations.js'
import type { Prefix } from '../../domain/address.js'
import type { Qos } from '../../domain/profile.js'
import type { Reservation } from '../../ports/network.js'
import { becomes, type Router } from './router.fixture.js'

/** Releases of Debian whose kernel and tools were recorded. */
export const SAID_BY = ['bookworm', 'trixie'] as const

export interface Said {
  readonly kernel: string
  readonly nft: string
  readonly tc: string
  /** `nft -j list table inet rightofway`, without the contents of rules. */
  readonly table: object
  /** `ip -j -d link show` */
  readonly links: readonly object[]
  /** `tc -j qdisc show` */
  readonly qdiscs: readonly object[]
  /** `tc -s -d class show dev`, by interface. */
  readonly classes: Readonly<Record<string, readonly string[]>>
  /** Our operations, and the output of the monitors about them. */
  readonly told: { readonly nft: readonly string[]; readonly tc: readonly string[] }
  readonly heard: { readonly nft: readonly string[]; readonly tc: readonly string[] }
}

/** Relative to the repository: this file moves when it is bundled. */
const SAID = 'packages/gateway/src/adapters/network-linux/kernel/said'

export const saidBy = (release: (typeof SAID_BY)[number]): Said =>
  JSON.parse(readFileSync(join(process.env['REPOSITORY'] ?? '', SAID, `${release}.json`), 'utf8')) as Said

const ipv6 = (n: number) => ({ ipv6: `2001:db8:1:${n}::/64` as Prefix })

/** One of each kind of map, and of qualities. */
export const SAID_OF: readonly Reservation[] = [
  reservation(1, {
    qos: { ...guarantee(1_000_000, 250_000), delayBudgetMs: 20, serviceClass: 'real_time_interactive' },
  }),
  reservation(2, {
    flow: { device: ipv6(2), server: ['64:ff9b::c000:221/128' as Prefix] },
    qos: {
      ...guarantee(8_000),
      downlink: { guaranteed: 8_000 as BitsPerSecond, maximum: 2_000_000 as BitsPerSecond },
    } as Qos,
  }),
  reservation(3, { flow: { device: { ipv4: '10.0.0.3/32' as Prefix }, server: ['198.51.100.0/24' as Prefix] } }),
  reservation(4, {
    flow: { device: ipv6(4), server: ['2001:db8:2::/64' as Prefix], serverPorts: [[1_000, 2_000]] },
  }),
].map((one) => ({ ...one, duration: seconds(3_600) }))

/** Creates everything of {@link SAID_OF} on an empty router, and records the output. */
export async function record({ network, run, tools, topology }: Router): Promise<Said> {
  const nft = await listen(topology.router.spawn(['nft', 'monitor'], PIPED), (n) =>
    run('nft', `add table ip probe${n}; delete table ip probe${n}`).then(() => `probe${n}`),
  )
  const tc = await listen(topology.router.spawn(['tc', '-d', 'monitor'], PIPED), (n) =>
    run('sh', '-c', `tc qdisc add dev lo root handle ${n}: pfifo && tc qdisc del dev lo root`).then(
      () => ` ${n}: dev lo`,
    ),
  )
  const before = tools.said.length
  for (const wish of SAID_OF) {
    const { result } = await network.reserve(wish)
    if (result !== 'granted') throw new Error(`${wish.id} was ${result}`)
  }
  const minors = (await network.status()).sessions.map(({ class: id }) => id.split(':')[1])
  // An end that is set again is no operation of every session.
  const ofElements = /^add element inet rightofway (?:marks\d|(?!owner)\S+ \{.* timeout )/
  // Classes that are created meanwhile, for later sessions, are left out.
  const ofClasses = new RegExp(`727[78]:(?:${minors.join('|')}) `)
  const told = (tool: 'nft' | 'tc', what: RegExp) =>
    tools.said
      .slice(before)
      .filter((said) => said.tool === tool)
      .flatMap(({ input }) => input.split('\n').filter((line) => what.test(`${line} `)))
  const heard = async (monitor: Monitor, what: RegExp) => (await monitor.stop()).filter((line) => what.test(`${line} `))
  const links = JSON.parse(await run('ip', '-j', '-d', 'link', 'show')) as { ifname: string }[]
  const qdiscs = JSON.parse(await run('tc', '-j', 'qdisc', 'show')) as { parent?: string }[]
  const { nftables } = JSON.parse(await run('nft', '-j', 'list', 'table', 'inet', 'rightofway')) as {
    nftables: { rule?: object }[]
  }
  const classesOf = async (dev: string) => {
    const shown = (await run('tc', '-s', '-d', 'class', 'show', 'dev', dev)).split(/(?=^class )/m)
    const own = new RegExp(`^class htb 727[78]:(?:1|2|${minors.join('|')}) `)
    return shown.filter((text) => own.test(text)).flatMap((text) => text.trimEnd().split('\n'))
  }
  const classes = { lan0: await classesOf('lan0'), wan0: await classesOf('wan0') }
  return {
    kernel: release(),
    nft: (await run('nft', '--version')).trim(),
    tc: (await run('tc', '-V')).trim(),
    table: { nftables: nftables.map((thing) => (thing.rule === undefined ? thing : { rule: {} })) },
    links: links.filter(({ ifname }) => ['lan0', 'wan0'].includes(ifname)),
    qdiscs: qdiscs.filter(
      ({ parent }) => parent === undefined || ofClasses.test(`${parent} `) || parent.endsWith(':2'),
    ),
    classes,
    told: { nft: told('nft', ofElements), tc: told('tc', ofClasses) },
    heard: { nft: await heard(nft, ofElements), tc: await heard(tc, ofClasses) },
  }
}

const PIPED: SpawnOptions = { stdio: ['ignore', 'pipe', 'ignore'] }

interface Monitor {
  /** @returns all output */
  stop(): Promise<readonly string[]>
}

/** @param poke causes output of the monitor. @returns the words of that output */
async function listen(monitor: ChildProcess, poke: (n: number) => Promise<string>): Promise<Monitor> {
  const lines: string[] = []
  createInterface({ input: monitor.stdout as Readable }).on('line', (line) => lines.push(line))
  let pokes = 0
  const hears = () =>
    becomes(async () => {
      if (monitor.exitCode !== null || monitor.signalCode !== null) throw new Error('the monitor has ended')
      const words = await poke(++pokes)
      return lines.some((line) => line.includes(words))
    })
  await hears()
  lines.length = 0
  return {
    async stop() {
      await hears()
      monitor.kill()
      return lines
    },
  }
}
