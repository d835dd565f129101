// Watches for foreign changes of the kernel: a ruleset flushed, an interface created anew, a qdisc replaced. It reports
// that something has changed, not what: listeners read the kernel themselves.

import type { AdapterLog } from '../log.js'
import { TABLE } from '../plan/names.js'
import type { Operation } from '../plan/operations.js'
import { OwnChanges } from './own-changes.js'
import type { Telling } from './telling.js'
import type { Tools } from './tools.js'
import { Watcher, type WatcherOptions } from './watcher.js'

/** The format of `ip -o monitor link`; the rest is addresses, and words about the event. */
const LINK = /^(Deleted )?(\d+): (\S+): <([^>]*)> mtu (\d+)([^\\]*)/
const TREE = /^(?:\w+ )?(class|qdisc) \S+ \S+ dev (\S+)/
/** A removed filter is no trouble. Filters on ingress run before our rules; those on egress after them. */
const FILTER = /^(?:added |replaced )?filter dev (\S+) (?:parent (?!ffff:)|(egress) )/
const RULESET = /^(?:add|insert|replace|create|delete|destroy) (\w+) (\S+ \S+)/
/** A rule of nft, or the target CLASSIFY of iptables. */
const SETS_PRIORITY = /\bmeta priority set\b|\bCLASSIFY\b/
const PRIORITY_SET = 'another program sets the priority of packets'
const EGRESS_FILTERED = 'a filter was added on egress'
/** Disturbances that no repair of ours can end. */
export const BEYOND_REPAIR: ReadonlySet<string> = new Set([PRIORITY_SET, EGRESS_FILTERED])
/** Changes within this time are one disturbance. */
const SETTLE_MS = 100
/** While changes go unseen, the kernel is read this long after the last reading, ... */
const BLIND_LOOK_MS = 2_000
/** ... and for no more than this share of the time. */
const BLIND_LOOK_SHARE = 0.1

export interface MonitorsOptions {
  readonly tools: Tools
  /** Our interfaces. */
  readonly interfaces: readonly string[]
  /** Monotonic milliseconds. */
  readonly monotonicNow: () => number
  readonly log: AdapterLog
  /** Called when others have changed something. */
  readonly onDisturbed: (what: string) => void
  /** Called to poll the kernel while changes go unseen. It does not reject. */
  readonly onBlind: () => Promise<unknown>
}

export class Monitors {
  readonly #options: MonitorsOptions
  readonly #interfaces: ReadonlySet<string>
  readonly #own: OwnChanges
  readonly #watchers: readonly Watcher[]
  /** The last known state of our interfaces. */
  readonly #links = new Map<string, string>()
  #settling: NodeJS.Timeout | undefined
  /** The latest disturbance. */
  #what = ''
  #looking: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: MonitorsOptions) {
    this.#options = options
    this.#interfaces = new Set(options.interfaces)
    this.#own = new OwnChanges(options.monotonicNow)
    const { tools, log } = options
    const watch = (more: Pick<WatcherOptions, 'tool' | 'args' | 'onLine'>) =>
      new Watcher({ ...more, tools, log, onGap: (what) => this.#gap(what) })
    this.#watchers = [
      // Debian 13's nft no longer has `monitor destroy`.
      watch({ tool: 'nft', args: ['monitor'], onLine: (line) => this.#hearOfTable(line) }),
      watch({ tool: 'ip', args: ['-o', 'monitor', 'link'], onLine: (line) => this.#hearOfLink(line) }),
      // It prints classes in full only with -d.
      watch({ tool: 'tc', args: ['-d', 'monitor'], onLine: (line) => this.#hearOfTree(line) }),
    ]
  }

  /** Why changes of the kernel are found late. */
  get troubles(): readonly string[] {
    return this.#watchers.flatMap(({ trouble }) => trouble ?? [])
  }

  /** To be called before the kernel is told of operations: their effects are no disturbance. */
  own(operations: readonly Operation[]): Telling {
    return this.#own.expect(operations)
  }

  close(): void {
    this.#closed = true
    for (const watcher of this.#watchers) watcher.close()
    clearTimeout(this.#settling)
    clearTimeout(this.#looking)
  }

  #hearOfLink(line: string): void {
    const [, deleted = '', index, name = '', flags, mtu, rest = ''] = LINK.exec(line) ?? []
    const ours = this.#ourLink(name)
    if (ours === undefined) return
    const heard = [deleted, index, flags, mtu, ...(rest.match(/\b(?:master|state) \S+/g) ?? [])].join(' ')
    // A bridge reports whenever one of its ports changes.
    if (this.#links.get(ours) === heard) return
    this.#links.set(ours, heard)
    this.#disturbed('an interface has changed')
  }

  /** Our interface in `name`, which ip prints with `@` and the other end for a veth pair. */
  #ourLink(name: string): string | undefined {
    if (this.#interfaces.has(name)) return name
    const alone = name.replace(/@[^@]*$/, '')
    return this.#interfaces.has(alone) ? alone : undefined
  }

  #hearOfTree(line: string): void {
    const [, filtered = '', egress] = FILTER.exec(line) ?? []
    if (this.#interfaces.has(filtered)) {
      this.#disturbed(egress === undefined ? 'a filter was added' : EGRESS_FILTERED)
    }
    const [, change, name = ''] = TREE.exec(line) ?? []
    if (change === undefined || !this.#interfaces.has(name) || this.#own.explains(line)) return
    this.#disturbed('a qdisc or class was changed')
  }

  #hearOfTable(line: string): void {
    if (line.includes('lost some netlink events')) this.#gap('nft lost events')
    if (line.startsWith('# new generation ')) this.#own.hearOfGeneration()
    const [, what = '', table = ''] = RULESET.exec(line) ?? []
    if (table !== `inet ${TABLE}`) {
      // Rules of others can override ours.
      if (what === 'rule' && SETS_PRIORITY.test(line)) this.#disturbed(PRIORITY_SET)
      return
    }
    if (what === 'element' && this.#own.explains(line)) return
    this.#disturbed(what === 'element' ? 'elements were changed' : 'the table was changed')
  }

  #gap(what: string): void {
    if (this.#closed) return
    this.#disturbed(what)
    this.#lookSoon(BLIND_LOOK_MS)
  }

  /** Polls until changes are seen again. */
  #lookSoon(waitMs: number): void {
    if (this.#closed || this.#looking !== undefined || this.troubles.length === 0) return
    this.#looking = setTimeout(() => {
      // Its findings are logged by the reader; here only the next poll counts.
      this.#look().catch(() => {
        this.#looking = undefined
        this.#lookSoon(BLIND_LOOK_MS)
      })
    }, waitMs)
  }

  async #look(): Promise<void> {
    const { onBlind, monotonicNow } = this.#options
    const began = monotonicNow()
    await onBlind()
    this.#looking = undefined
    this.#lookSoon(Math.max(BLIND_LOOK_MS, (monotonicNow() - began) / BLIND_LOOK_SHARE))
  }

  #disturbed(what: string): void {
    if (this.#closed) return
    // A reading ends any other disturbance.
    if (this.#what === '' || BEYOND_REPAIR.has(what)) this.#what = what
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined
      const settled = this.#what
      this.#what = ''
      this.#options.onDisturbed(settled)
    }, SETTLE_MS)
  }
}
