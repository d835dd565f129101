// The requirements of a start, checked without changing anything.

import type { Instant } from '@rightofway/camara'
import { handlesOf } from '../plan/names.js'
import { OWNER_MS, type Owner } from '../plan/owner.js'
import type { LinuxNetworkConfig, Side } from '../plan/sides.js'
import { KernelExec } from './exec.js'
import { downOf, probeTools, problemOf, unusable, warnings } from './probe.js'
import { type LinkReadings, type LinkState, readLinks } from './read-link.js'
import { type LiveOwner, readTable, type TableState } from './read-table.js'
import type { Tools } from './tools.js'
import { NetworkUnusable } from './unusable.js'

export interface UsableSide {
  readonly side: Side
  readonly link: LinkState
}

/**
 * The sides of a network, the one towards servers first. @throws {NetworkUnusable} all reasons why they cannot be used
 */
export function usableSides(config: LinuxNetworkConfig, { links, unread }: LinkReadings): UsableSide[] {
  const problems: string[] = []
  const usable = [config.towardsServers, ...config.towardsDevices].flatMap((side) => {
    const { interface: name } = side
    const link = links.get(name)
    const problem = unread.get(name) ?? problemOf(name, link, config.takeover)
    if (problem !== undefined) problems.push(problem)
    return link === undefined || problem !== undefined ? [] : [{ side, link }]
  })
  if (problems.length > 0) throw new NetworkUnusable(problems.join('\n'))
  return usable
}

/** @throws {NetworkDriven} another gateway drives this machine */
export function refuseForeign(table: TableState | undefined, { mark }: Pick<Owner, 'mark'>): void {
  const owner = table?.owner
  if (owner !== undefined && owner.mark !== mark) throw new NetworkDriven(foreign(owner))
}

/** Another gateway drives the network of this machine. */
export class NetworkDriven extends NetworkUnusable {}

function foreign({ file, leftMs }: LiveOwner): string {
  const words = `another gateway leads the network of this machine (its reservation table: ${file}): stop it first`
  return leftMs > OWNER_MS ? words : `${words}. If it was killed, its claim ends in ${leftMs / 1000} s`
}

export interface Inspection {
  /** Settings that work and may surprise. */
  readonly warnings: readonly string[]
}

/**
 * Checks whether this machine can be its configured network.
 * @throws {NetworkUnusable} it cannot; the message says what is missing, and what to do
 */
export async function inspectMachine(tools: Tools, config: LinuxNetworkConfig, owner: Owner): Promise<Inspection> {
  const exec = new KernelExec(tools)
  try {
    await probeTools(exec)
    const [table, readings] = await Promise.all([
      readTable(exec, () => 0 as Instant),
      readLinks(exec, handlesOf(config)),
    ])
    refuseForeign(table, owner)
    const down = usableSides(config, readings).flatMap(({ side, link }) => downOf(side.interface, link) ?? [])
    return { warnings: [...down, ...(await warnings(exec, config))] }
  } catch (error) {
    throw unusable(error)
  }
}
