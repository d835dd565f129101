// Foreign rules and filters that set a packet's priority after ours: those packets lose their class.

import { TABLE } from '../plan/names.js'
import type { KernelExec } from './exec.js'

/** Ours are at mangle and mangle + 1. Of chains with one priority, the newest runs last. */
const OURS = -150

interface RulesetJson {
  readonly nftables: readonly {
    readonly chain?: ChainName & { readonly name: string; readonly hook?: string; readonly prio?: number }
    readonly rule?: ChainName & { readonly chain: string; readonly expr?: readonly object[] }
  }[]
}
interface ChainName {
  readonly family: string
  readonly table: string
}

/**
 * @param names interfaces whose filters are read
 * @returns a sentence for each such table, and for each interface with such filters
 */
export async function prioritySetters(exec: KernelExec, names: readonly string[]): Promise<string[]> {
  // Without elements, of which there can be many.
  const { code, stdout } = await exec.tools.run('nft', ['-j', '-t', 'list', 'ruleset'])
  const filters = await Promise.all(names.map((name) => egressFilters(exec, name)))
  return [...(code === 0 ? parsePrioritySetters(stdout) : []), ...filters.flat()]
}

/** Filters of clsact run after all rules, and before the tree. */
async function egressFilters(exec: KernelExec, name: string): Promise<string[]> {
  // tc 6.1 prints invalid JSON for some filters. Without clsact, it may refuse.
  const { stdout } = await exec.tools.run('tc', ['filter', 'show', 'dev', name, 'egress'])
  return parseEgressFilters(name, stdout)
}

/** @param text the output of `tc filter show dev NAME egress` */
export function parseEgressFilters(name: string, text: string): string[] {
  const takenOut = `("tc filter show dev ${name} egress" lists them)`
  const found: string[] = []
  if (/\bskbedit\b.*\b(?:priority|inheritdsfield)\b/.test(text)) {
    found.push(
      `filters on egress of ${name} set the priority of packets: packets of sessions lose their class there. Take them ` +
        `out ${takenOut}`,
    )
  }
  const elsewhere = new Set([...text.matchAll(/\bmirred \(Egress Redirect to device (\S+)\)/g)].map(([, to]) => to))
  if (elsewhere.size > 0) {
    found.push(
      `filters on egress of ${name} send packets on to ${[...elsewhere].join(', ')}: those leave without the precedence ` +
        `of their sessions. Take them out ${takenOut}`,
    )
  }
  return found
}

/** @param json the output of `nft -j -t list ruleset` */
export function parsePrioritySetters(json: string): string[] {
  const { nftables } = JSON.parse(json) as RulesetJson
  const tables = new Set<string>()
  const earlier = new Set<string>()
  for (const { chain } of nftables) {
    if (chain?.hook === undefined) continue
    if (isLater(chain)) tables.add(tableOf(chain))
    else earlier.add(`${tableOf(chain)} ${chain.name}`)
  }
  const chains = new Map<string, Set<string>>()
  for (const { rule } of nftables) {
    if (rule === undefined || !(rule.expr ?? []).some(setsPriority)) continue
    const table = tableOf(rule)
    // Any chain of a table can jump to a chain without a hook.
    if (table === `inet ${TABLE}` || !tables.has(table) || earlier.has(`${table} ${rule.chain}`)) continue
    chains.set(table, (chains.get(table) ?? new Set()).add(rule.chain))
  }
  return [...chains].map(
    ([table, names]) =>
      `table ${table} sets the priority of packets after ours (${[...names].join(', ')}): packets of sessions lose ` +
      `their class there. Give its chain a priority below ${OURS}, or take the rule out`,
  )
}

const tableOf = ({ family, table }: ChainName): string => `${family} ${table}`

const isLater = ({ hook, prio = 0 }: { readonly hook?: string; readonly prio?: number }): boolean =>
  hook === 'egress' || (hook === 'postrouting' && prio >= OURS)

/** A rule of nft, or the target CLASSIFY of iptables. */
function setsPriority(expression: object): boolean {
  const { mangle, xt } = expression as {
    readonly mangle?: { readonly key?: { readonly meta?: { readonly key?: string } } }
    readonly xt?: { readonly name?: string } | null
  }
  return mangle?.key?.meta?.key === 'priority' || xt?.name === 'CLASSIFY'
}
