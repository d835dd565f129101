// Removes exactly our objects from the kernel, and puts back what they replaced. Our objects are recognised by name, so
// that no configuration is needed.

import { isOurHandle, TABLE } from '../plan/names.js'
import { type ReplacedQdisc, ReservationTable, reservationFiles } from '../state/reservation-table.js'
import { KernelExec } from './exec.js'
import { probeTools } from './probe.js'
import { putBack } from './replaced.js'
import { machineTools, type Tools } from './tools.js'

export interface TornDown {
  readonly table: boolean
  /** Interfaces that had a tree of ours. */
  readonly interfaces: readonly string[]
  /** Root qdiscs that were put back, in tc's words. */
  readonly restored: readonly ReplacedQdisc[]
  /** Those that tc did not accept. */
  readonly notRestored: readonly ReplacedQdisc[]
}

interface QdiscJson {
  readonly dev: string
  readonly kind: string
  readonly handle: string
  readonly root?: boolean
}

/**
 * Removes what gateways with this data folder have set up on this machine. None must be running.
 * @throws {NetworkUnusable} a tool or a capability is missing
 */
export const tearNetworksDown = (dataDir: string): Promise<TornDown> =>
  teardown(machineTools(), reservationFiles(dataDir))

/**
 * To be called when no gateway runs: a running one would repair what is removed.
 * @param files the reservation tables of networks, which have the replaced qdiscs
 * @throws {NetworkUnusable} a tool or a capability is missing
 */
export async function teardown(tools: Tools, files: readonly string[]): Promise<TornDown> {
  const exec = new KernelExec(tools)
  await probeTools(exec)
  const table = (await exec.read('nft', ['list', 'tables'])).split('\n').includes(`table inet ${TABLE}`)
  if (table) await exec.nft([{ verb: 'delete', object: 'table' }])

  const qdiscs = JSON.parse(await exec.read('tc', ['-j', 'qdisc', 'show'])) as QdiscJson[]
  const interfaces = qdiscs
    .filter(({ kind, handle, root }) => root === true && kind === 'htb' && isOurHandle(handle))
    .map(({ dev }) => dev)
  for (const name of interfaces) await exec.read('tc', ['qdisc', 'del', 'dev', name, 'root'])

  const restored: ReplacedQdisc[] = []
  const notRestored: ReplacedQdisc[] = []
  for (const file of files) {
    const table = new ReservationTable(file)
    try {
      for (const replaced of table.replaced()) {
        // If our tree was already gone, others have decided what is there.
        if (interfaces.includes(replaced.interface)) {
          const isBack = await putBack(exec, replaced)
          ;(isBack ? restored : notRestored).push(replaced)
          if (!isBack) continue
        }
        table.forgetReplaced(replaced.interface)
      }
    } finally {
      table.close()
    }
  }
  return { table, interfaces, restored, notRestored }
}
