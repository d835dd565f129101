// What keeps this machine from being the network that it should be: a sentence each, the same for the log, the metrics and
// everybody who asks how the gateway is.

import type { AdapterLog } from '../log.js'

/** No interface has this name. */
const MACHINE = ''

export class Troubles {
  readonly #log: AdapterLog
  /** By interface, or {@link MACHINE}. */
  #known: ReadonlyMap<string, string> = new Map()

  constructor(log: AdapterLog) {
    this.#log = log
  }

  /** Of the machine first. */
  get all(): readonly string[] {
    return [...this.#known.values()]
  }

  /** What is wrong with an interface; undefined if nothing is. */
  of(name: string): string | undefined {
    return this.#known.get(name)
  }

  /** What was found when the kernel was last read, by interface. */
  found(links: ReadonlyMap<string, string>): void {
    this.#set(new Map(links))
  }

  /** The kernel cannot be read or told. What was wrong with interfaces is the last that is known of them. */
  unreachable(reason: string): void {
    this.#set(new Map([[MACHINE, reason], ...[...this.#known].filter(([name]) => name !== MACHINE)]))
  }

  #set(now: ReadonlyMap<string, string>): void {
    const before = new Set(this.#known.values())
    const after = new Set(now.values())
    this.#known = now
    for (const reason of after) {
      if (!before.has(reason)) this.#log.error({ reason }, 'this machine cannot treat sessions as it should')
    }
    for (const reason of before) {
      if (!after.has(reason)) this.#log.info({ reason }, 'a problem is over')
    }
  }
}
