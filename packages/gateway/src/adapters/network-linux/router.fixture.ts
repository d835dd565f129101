// A router with this network on it, in its own namespaces: real tools, a real kernel, and nothing of the machine.

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
  /** Closes the network, and opens another one on the same machine and reservation table. */
  reopen(meanwhile?: () => Promise<void>, config?: Partial<LinuxNetworkConfig>): Promise<LinuxNetwork>
  /** Opens one with other tools; the previous one must have been closed. */
  reopenWith(tools: Tools): Promise<LinuxNetwork>
  /** Opens another one beside it, with its own reservation table. */
  openBeside(): Promise<LinuxNetwork>
  readonly tableFile: string
  /** Runs a tool in the router's namespace. */
  run(...argv: readonly string[]): Promise<string>
  close(): Promise<void>
}

/** The tools of a machine, with the faults of a test. */
export class InterferedTools implements Tools {
  readonly #tools: Tools
  /** A kind of qdisc that this kernel does not support. */
  readonly #lacking: string | undefined
  /** No tool can be started any more. */
  isCutOff = false
  /** Lines with this text are refused by the kernel; reads are not. */
  refused: string | undefined
  readonly said: { tool: Tool; input: string }[] = []
  /** A foreign change just before nft changes or reads something. */
  beforeNft: ((input: string) => Promise<void>) | undefined
  /** Delays the end of nft after it has done its work. */
  afterNft: (() => Promise<void>) | undefined

  /** Replaces transactions of nft while it is set. */
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
  /** Prepares the topology before the network is opened. */
  readonly prepare?: (topology: Topology) => Promise<void>
  /** A kind of qdisc that the kernel does not support. */
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

/** A test with its own router. */
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

/** Makes the kernel refuse the elements of one reservation, and lose all others: it cannot be held any more. */
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

/** Polls until it is true; the limit is the test's own timeout. @returns milliseconds */
export async function becomes(question: () => Promise<boolean>): Promise<number> {
  const since = performance.now()
  while (!(await question())) await sleep(20)
  return performance.now() - since
}

/** Whether the kernel is in the wanted state, and there are no troubles. */
export async function asItShouldBe({ network }: Pick<Router, 'network'>): Promise<boolean> {
  const { drift, troubles } = await network.status()
  return troubles.length === 0 && drift !== undefined && !hasDrift(drift)
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
