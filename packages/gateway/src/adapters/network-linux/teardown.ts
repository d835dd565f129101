// Takes out of the kernel exactly what is ours, and puts back what was there before. What is ours is told by its name:
// no configuration is needed, and none can be wrong.

import { allBooks, Books, type ReplacedQdisc } from './books.js'
import { Door } from './door.js'
import { isOurHandle, TABLE } from './names.js'
import { probeTools } from './probe.js'
import { putBack } from './replaced.js'
import { machineTools, type Tools } from './tools.js'

export interface TornDown {
  readonly table: boolean
  /** Interfaces that had a tree of ours. */
  readonly interfaces: readonly string[]
  /** Root qdiscs that were put back, in tc's words. */
  readonly restored: readonly ReplacedQdisc[]
  /** Those that tc would not take back. */
  readonly notRestored: readonly ReplacedQdisc[]
}

interface QdiscJson {
  readonly dev: string
  readonly kind: string
  readonly handle: string
  readonly root?: boolean
}

/**
 * Tears down what gateways with this data folder have set up on this machine. None must be running.
 * @throws {NetworkUnusable} a tool or a right is missing
 */
export const tearNetworksDown = (dataDir: string): Promise<TornDown> => teardown(machineTools(), allBooks(dataDir))

/**
 * To be called when no gateway runs: one that does would repair what is taken from it.
 * @param files the books of networks, which know whose place we took
 * @throws {NetworkUnusable} a tool or a right is missing
 */
export async function teardown(tools: Tools, files: readonly string[]): Promise<TornDown> {
  const door = new Door(tools)
  await probeTools(door)
  const table = (await door.read('nft', ['list', 'tables'])).split('\n').includes(`table inet ${TABLE}`)
  if (table) await door.nft([{ text: `delete table inet ${TABLE}` }])

  const qdiscs = JSON.parse(await door.read('tc', ['-j', 'qdisc', 'show'])) as QdiscJson[]
  const interfaces = qdiscs
    .filter(({ kind, handle, root }) => root === true && kind === 'htb' && isOurHandle(handle))
    .map(({ dev }) => dev)
  for (const name of interfaces) await door.read('tc', ['qdisc', 'del', 'dev', name, 'root'])

  const restored: ReplacedQdisc[] = []
  const notRestored: ReplacedQdisc[] = []
  for (const file of files) {
    const books = new Books(file)
    try {
      for (const replaced of books.replaced()) {
        // Where our tree was not any more, somebody else has decided what is there.
        if (interfaces.includes(replaced.interface)) {
          const isBack = await putBack(door, replaced)
          ;(isBack ? restored : notRestored).push(replaced)
          if (!isBack) continue
        }
        books.forgetReplaced(replaced.interface)
      }
    } finally {
      books.close()
    }
  }
  return { table, interfaces, restored, notRestored }
}
