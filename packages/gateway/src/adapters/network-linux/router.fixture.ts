// A router with this network on it, in namespaces of its own: real tools, a real kernel, and nothing of the machine.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NetworkId, ReservationId } from '@rightofway/camara'
import { createTopology, ROUTER, type Topology, type TopologyOptions } from '@rightofway/lab'
import { SystemClock } from '../system-clock.js'
import { hasDrift } from './kernel/kernel.js'
import { machineTools, type Outcome, type Tool, type Tools } from './kernel/tools.js'
import type { AdapterLog } from './log.js'
import { LinuxNetwork } from './network.js'
import type { LinuxNetworkConfig } from './plan/sides.js'

export const CONFIG: LinuxNetworkConfig = {
  id: 'edge' as NetworkId,
  towardsDevices: [{ interface: ROUTER.lan.interface, capacityBps: 10_000_000 }],
  towardsServers: { interface: ROUTER.wan.interface, capacityBps: 10_000_000 },
  reservedShare: 0.1,
  maxSessions: 1_000,
  ipv6PrefixLength: 64,
  dscp: false,
  reassemble: true,
  takeover: false,
}

/** An emulated machine is ten times slower. Default elsewhere. */
const SILENCE_MS = process.env['KERNEL_TESTS'] === undefined ? undefined : 100_000

export interface Logged {
  readonly level: 'info' | 'warn' | 'error'
  readonly fields: Record<string, unknown>
  readonly message: string
}

export interface Router {
  readonly topology: Topology
  readonly network: LinuxNetwork
  readonly tools: InterferedTools
  readonly logged: readonly Logged[]
  now(): number
  /** Steps the wall clock, as an NTP daemon would. */
  stepClock(ms: number): void
  /** Closes the network, and opens another one on the same machine and table. */
  reopen(meanwhile?: () => Promise<void>, config?: Partial<LinuxNetworkConfig>): Promise<LinuxNetwork>
  /** Opens one that works by other tools; the one before must have been closed. */
  reopenWith(tools: Tools): Promise<LinuxNetwork>
  /** Opens another one beside it, with a reservation table of its own. */
  openBeside(): Promise<LinuxNetwork>
  readonly tableFile: string
  /** Runs a tool in the router's namespace. */
  run(...argv: readonly string[]): Promise<string>
  close(): Promise<void>
}

/** The tools of a machine, and what a test does to them. */
export class InterferedTools implements Tools {
  readonly #tools: Tools
  /** A kind of qdisc that this kernel is made to lack. */
  readonly #lacking: string | undefined
  /** Nothing can be started any more. */
  isCutOff = false
  /** What a line has that the kernel is made to refuse; lines that only ask are not refused. */
  refused: string | undefined
  readonly said: { tool: Tool; input: string }[] = []
  /** What somebody else does just before nft is told something, or asked. */
  beforeNft: ((input: string) => Promise<void>) | undefined
  /** What keeps nft from ending when it has done what it was told. */
  afterNft: (() => Promise<void>) | undefined

  /** Takes the place of transactions of nft, for as long as it is set. */
  hanging: Tools | undefined

  constructor(tools: Tools, lacking?: string) {
    this.#tools = tools
    this.#lacking = lacking
  }

  async run(tool: Tool, args: readonly string[], input = '', signal?: AbortSignal): Promise<Outcome> {
    if (this.isCutOff) return { code: 1, stdout: '', stderr: 'netlink: Error: cache initialization failed' }
    this.said.push({ tool, input })
    const lines = input.split('\n')
    const lacked = this.#lacking === undefined ? -1 : lines.findIndex((text) => text.includes(` ${this.#lacking}`))
    if (lacked >= 0) {
      await this.#tools.run(tool, args, lines.slice(0, lacked).join('\n'), signal)
      return { code: 1, stdout: '', stderr: `Error: Specified qdisc kind is unknown.\nCommand failed -:${lacked + 1}` }
    }
    if (tool === 'nft') await this.beforeNft?.(input)
    if (this.hanging !== undefined && tool === 'nft' && input !== '') {
      return await this.hanging.run(tool, args, input, signal)
    }
    const { refused } = this
    const isRefused = (text: string) => refused !== undefined && text.includes(refused) && !/ show /.test(text)
    const line = lines.findIndex(isRefused)
    if (line >= 0) {
      return {
        code: 1,
        stdout: '',
        stderr: `/dev/stdin:${line + 1}:1-9: Error: Could not process rule: Invalid argument`,
      }
    }
    const outcome = await this.#tools.run(tool, args, input, signal)
    if (tool === 'nft') await this.afterNft?.()
    return outcome
  }

  follow: Tools['follow'] = (...all) => this.#tools.follow(...all)
}

export interface RouterOptions extends TopologyOptions {
  /** What is done to the topology before the network is opened. */
  readonly prepare?: (topology: Topology) => Promise<void>
  /** A kind of qdisc that the kernel is made to lack. */
  readonly lacking?: string
}

export async function openRouter(
  config: Partial<LinuxNetworkConfig> = {},
  { prepare, lacking, ...options }: RouterOptions = {},
): Promise<Router> {
  const topology = await createTopology(options)
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-linux-'))
  const logged: Logged[] = []
  const note =
    (level: Logged['level']): AdapterLog['info'] =>
    (fields, message) =>
      void logged.push({ level, fields: fields as Logged['fields'], message })
  let offsetMs = 0
  const now = () => Date.now() + offsetMs
  const tools = new InterferedTools(machineTools(topology.router.command([]), SILENCE_MS), lacking)
  const tableFile = join(dir, 'table.db')
  const open = (more: Partial<LinuxNetworkConfig> = {}, by: Tools = tools, file = tableFile) =>
    LinuxNetwork.open({
      config: { ...CONFIG, ...config, ...more },
      file,
      tools: by,
      clock: new SystemClock(now),
      monotonicNow: () => performance.now(),
      log: { info: note('info'), warn: note('warn'), error: note('error') },
    })
  try {
    await prepare?.(topology)
    let network = await open()
    return {
      topology,
      tools,
      logged,
      now,
      get network() {
        return network
      },
      stepClock: (ms) => {
        offsetMs += ms
      },
      async reopen(meanwhile = async () => undefined, more = {}) {
        await network.close()
        await meanwhile()
        network = await open(more)
        return network
      },
      tableFile,
      openBeside: () => open({}, tools, join(dir, 'beside.db')),
      reopenWith: (by) => open({}, by),
      run: (...argv) => topology.router.run(argv),
      async close() {
        await network.close()
        await topology.close()
        rmSync(dir, { recursive: true })
      },
    }
  } catch (error) {
    await topology.close()
    rmSync(dir, { recursive: true })
    throw error
  }
}

/** A test that has a router of its own. */
export const withRouter =
  (use: (router: Router) => Promise<void>, config?: Partial<LinuxNetworkConfig>, options?: RouterOptions) =>
  async (): Promise<void> => {
    const router = await openRouter(config, options)
    try {
      await use(router)
    } finally {
      await router.close()
    }
  }

/** Has the kernel refuse the elements of one reservation, and lose all: it cannot be held any more. */
export async function makeUntenable({ tools, network, run }: Router, id: ReservationId, key: string): Promise<void> {
  const lost = new Promise<void>((resolve) => {
    network.watch((event) => {
      if (event.type === 'lost' && event.id === id) resolve()
    })
  })
  tools.refused = key
  await run('nft', 'flush', 'ruleset')
  await lost
  tools.refused = undefined
}

/** Asks until it is so; the test's own time limit is the longest that this may take. @returns milliseconds */
export async function becomes(question: () => Promise<boolean>): Promise<number> {
  const since = performance.now()
  while (!(await question())) await sleep(20)
  return performance.now() - since
}

/** Whether the kernel has what it should have, and nothing is in the way. */
export async function asItShouldBe({ network }: Pick<Router, 'network'>): Promise<boolean> {
  const { drift, troubles } = await network.status()
  return troubles.length === 0 && drift !== undefined && !hasDrift(drift)
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
