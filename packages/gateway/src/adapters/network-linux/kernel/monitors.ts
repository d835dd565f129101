// Watches what others do to the kernel: a ruleset flushed, an interface made anew, a qdisc replaced. It tells that
// something is wrong, not what: whoever is told looks for himself.

import type { AdapterLog } from '../log.js'
import { TABLE } from '../plan/names.js'
import type { Operation } from '../plan/operations.js'
import { OwnChanges } from './own-changes.js'
import type { Telling } from './telling.js'
import type { Tools } from './tools.js'
import { Watcher, type WatcherOptions } from './watcher.js'

/** As `ip -o monitor link` prints it; what follows are addresses, and the words for what has just happened. */
const LINK = /^(Deleted )?(\d+): (\S+): <([^>]*)> mtu (\d+)([^\\]*)/
const TREE = /^(?:\w+ )?(class|qdisc) \S+ \S+ dev (\S+)/
/** One that is taken away is no trouble. Those of ingress come before our rules; those of egress come after them. */
const FILTER = /^(?:added |replaced )?filter dev (\S+) (?:parent (?!ffff:)|(egress) )/
const RULESET = /^(?:add|insert|replace|create|delete|destroy) (\w+) (\S+ \S+)/
/** A rule of nft, or the target CLASSIFY of iptables. */
const SETS_PRIORITY = /\bmeta priority set\b|\bCLASSIFY\b/
const PRIORITY_SET = 'another program sets the priority of packets'
const EGRESS_FILTERED = 'a filter was added on egress'
/** Disturbances that no repair of ours can end. */
export const BEYOND_REPAIR: ReadonlySet<string> = new Set([PRIORITY_SET, EGRESS_FILTERED])
/** What comes within this time is one disturbance. */
const SETTLE_MS = 100
/** While changes go unseen, the kernel is looked at this long after the last look, ... */
const BLIND_LOOK_MS = 2_000
/** ... and not more than this share of the time. */
const BLIND_LOOK_SHARE = 0.1

export interface MonitorsOptions {
  readonly tools: Tools
  /** Interfaces that are ours. */
  readonly interfaces: readonly string[]
  /** Milliseconds that never jump. */
  readonly monotonicNow: () => number
  readonly log: AdapterLog
  /** Told that somebody has changed something. */
  readonly onDisturbed: (what: string) => void
  /** Asked to look at the kernel, now and then, because nobody says when it changes. It does not reject. */
  readonly onBlind: () => Promise<unknown>
}

export class Monitors {
  readonly #options: MonitorsOptions
  readonly #interfaces: ReadonlySet<string>
  readonly #own: OwnChanges
  readonly #watchers: readonly Watcher[]
  /** What was last heard of an interface of ours. */
  readonly #links = new Map<string, string>()
  #settling: NodeJS.Timeout | undefined
  /** What has disturbed it lately. */
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
      // Debian 13's nft has no `monitor destroy` any more.
      watch({ tool: 'nft', args: ['monitor'], onLine: (line) => this.#hearOfTable(line) }),
      watch({ tool: 'ip', args: ['-o', 'monitor', 'link'], onLine: (line) => this.#hearOfLink(line) }),
      // Of classes it says everything with -d alone.
      watch({ tool: 'tc', args: ['-d', 'monitor'], onLine: (line) => this.#hearOfTree(line) }),
    ]
  }

  /** Why changes of the kernel are found late. */
  get troubles(): readonly string[] {
    return this.#watchers.flatMap(({ trouble }) => trouble ?? [])
  }

  /** To be called before the kernel is told: what these operations do is no disturbance. */
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
    // A bridge tells of itself whenever one of its ports does anything.
    if (this.#links.get(ours) === heard) return
    this.#links.set(ours, heard)
    this.#disturbed('an interface has changed')
  }

  /** Of which interface of ours `name` speaks, as ip prints it: with `@` and the other end of a pair, if it has one. */
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
      // Rules of others can undo what ours do.
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

  /** Until changes are seen again. */
  #lookSoon(waitMs: number): void {
    if (this.#closed || this.#looking !== undefined || this.troubles.length === 0) return
    this.#looking = setTimeout(() => {
      // What it looked for is logged by whoever looked; here only the next look counts.
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
    // A look ends any other disturbance, whatever it was.
    if (this.#what === '' || BEYOND_REPAIR.has(what)) this.#what = what
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined
      const settled = this.#what
      this.#what = ''
      this.#options.onDisturbed(settled)
    }, SETTLE_MS)
  }
}
