// One monitor process that prints changes of the kernel. It is started again whenever it ends, and is a trouble until
// it certainly runs.

import type { AdapterLog } from '../log.js'
import type { Tool, Tools } from './tools.js'

/** Waits before a restart, by the number of consecutive ends; the last one repeats. */
const RESTART_MS = [1_000, 2_000, 5_000, 10_000, 30_000] as const
/** A tool that has lived this long is watching. It reports errors at once. */
const PROVEN_MS = 5_000

export interface WatcherOptions {
  readonly tools: Tools
  readonly tool: Tool
  readonly args: readonly string[]
  readonly log: AdapterLog
  readonly onLine: (line: string) => void
  /** Called after every time in which changes may have gone unseen. */
  readonly onGap: (what: string) => void
}

export class Watcher {
  readonly #options: WatcherOptions
  readonly #name: string
  #stop: () => void = () => undefined
  /** Until it is started again, or is known to watch. */
  #timer: NodeJS.Timeout | undefined
  #endings = 0
  #trouble: string | undefined
  #closed = false

  constructor(options: WatcherOptions) {
    this.#options = options
    this.#name = [options.tool, ...options.args].join(' ')
    this.#start()
  }

  /** Why changes go unseen; undefined if they are seen. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#stop()
  }

  #start(): void {
    const { tools, tool, args, onLine, onGap } = this.#options
    // Before the start: a tool that cannot be started may report that at once.
    this.#timer = setTimeout(() => this.#proven(), PROVEN_MS)
    this.#stop = tools.follow(tool, args, {
      onLine,
      onComplaint: (line) => onGap(`${tool} complained: ${line}`),
      onEnd: (reason) => this.#again(reason),
    })
  }

  #again(reason: string): void {
    if (this.#closed) return
    clearTimeout(this.#timer)
    const { log, onGap, tool } = this.#options
    const trouble = `\`${this.#name}\` ended (${reason}): changes of the kernel are found by looking`
    if (trouble !== this.#trouble) log.warn({ reason }, `\`${this.#name}\` ended: it is started again`)
    this.#trouble = trouble
    const waitMs = RESTART_MS[Math.min(this.#endings, RESTART_MS.length - 1)] as number
    this.#endings++
    this.#timer = setTimeout(() => {
      this.#start()
      onGap(`${tool} had stopped watching`)
    }, waitMs)
  }

  #proven(): void {
    if (this.#trouble === undefined) return
    const { log, onGap, tool } = this.#options
    this.#trouble = undefined
    this.#endings = 0
    log.info({}, `\`${this.#name}\` watches again`)
    // It began to watch some time after its start.
    onGap(`${tool} watches again`)
  }
}
