// The problems of this machine as a network: a sentence each, the same for the log, the metrics and the health checks.

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

  /** Those of the machine first. */
  get all(): readonly string[] {
    return [...this.#known.values()]
  }

  /** The trouble of an interface; undefined if there is none. */
  of(name: string): string | undefined {
    return this.#known.get(name)
  }

  /** The findings of the last reading, by interface. */
  found(links: ReadonlyMap<string, string>): void {
    this.#set(new Map(links))
  }

  /** The kernel cannot be read or changed. The troubles of interfaces are the last known ones. */
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
