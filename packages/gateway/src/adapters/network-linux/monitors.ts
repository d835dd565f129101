// Watches what others do to the kernel: a ruleset flushed, an interface made anew, a qdisc replaced. It tells that
// something is wrong, not what: whoever is told looks for himself.

import { MAJOR, TABLE } from './names.js'
import type { Line } from './plan.js'
import type { Tool, Tools } from './tools.js'

/** What comes within this time is one disturbance. */
const SETTLE_MS = 100
/** Our own deletions are reported before we know that they were carried out. */
const OWN_MS = 500
const RESTART_MS = 1_000

export interface MonitorsOptions {
  readonly tools: Tools
  /** Interfaces that are ours. */
  readonly interfaces: readonly string[]
  readonly onDisturbed: (what: string) => void
}

export class Monitors {
  readonly #options: MonitorsOptions
  readonly #interfaces: ReadonlySet<string>
  readonly #stops = new Map<Tool, () => void>()
  #restarting: NodeJS.Timeout | undefined
  #settling: NodeJS.Timeout | undefined
  #checking: NodeJS.Timeout | undefined
  /** Deletions of elements that were reported, less those that were ours. */
  #unexplained = 0
  #closed = false

  constructor(options: MonitorsOptions) {
    this.#options = options
    this.#interfaces = new Set(options.interfaces)
    this.#follow('nft', ['monitor', 'destroy'], (line) => this.#hearOfTable(line))
    this.#follow('ip', ['-o', 'monitor', 'link'], (line) => {
      if (this.#isOurs(line)) this.#disturbed('an interface has changed')
    })
    this.#follow('tc', ['monitor'], (line) => {
      const isOurs = line.startsWith('deleted ') && line.includes(` ${MAJOR}:`) && this.#isOurs(line)
      if (isOurs) this.#disturbed('a qdisc or class was deleted')
    })
  }

  /** Told of every transaction of ours: what it deletes is no disturbance. */
  own(lines: readonly Line[]): void {
    for (const { text } of lines) if (text.startsWith('delete element')) this.#unexplained--
  }

  close(): void {
    this.#closed = true
    for (const stop of this.#stops.values()) stop()
    for (const timer of [this.#restarting, this.#settling, this.#checking]) clearTimeout(timer)
  }

  #follow(tool: Tool, args: readonly string[], onLine: (line: string) => void): void {
    const again = () => {
      this.#stops.delete(tool)
      if (this.#closed) return
      this.#restarting = setTimeout(() => {
        this.#follow(tool, args, onLine)
        this.#disturbed(`${tool} had stopped watching`)
      }, RESTART_MS)
    }
    this.#stops.set(tool, this.#options.tools.follow(tool, args, onLine, again))
  }

  #isOurs(line: string): boolean {
    return line.split(/[\s:@]+/).some((word) => this.#interfaces.has(word))
  }

  #hearOfTable(line: string): void {
    if (!line.startsWith('delete ') || !line.includes(` inet ${TABLE}`)) return
    if (!line.startsWith('delete element ')) {
      this.#disturbed('the table was changed')
      return
    }
    this.#unexplained++
    this.#checking ??= setTimeout(() => {
      this.#checking = undefined
      if (this.#unexplained > 0) this.#disturbed('elements were deleted')
      this.#unexplained = 0
    }, OWN_MS)
  }

  #disturbed(what: string): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined
      // All will be looked at now, deleted elements included.
      clearTimeout(this.#checking)
      this.#checking = undefined
      this.#unexplained = 0
      this.#options.onDisturbed(what)
    }, SETTLE_MS)
  }
}
