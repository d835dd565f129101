// A test of the checker: the same load, once without a fault and once for every planted fault.

import { check, type Verdict } from './checker.js'
import { type Cluster, type Member, startCluster } from './cluster.js'
import { readFinal } from './final.js'
import { BROKEN_PROMISE, NURSERY, type Plant } from './plants.js'
import { Random } from './random.js'
import { startReceiver } from './receiver.js'
import { startWorkload, type Workload } from './workload.js'

/** Duration of the load for each fault. */
const LOAD_MS = 2_500
/** Sessions last up to 7 s, and a refused event is repeated after a second. */
const QUIET_MS = 12_000

export interface PlantedOptions {
  readonly seed: number
  readonly clients: number
  readonly plants: readonly Plant[]
  readonly maxLatenessMs: number
  readonly say?: (line: string) => void
}

export interface PlantedReport extends Verdict {
  /** undefined: the control, in which nothing was planted. */
  readonly plant: Plant | undefined
  readonly sessions: number
  /** Acknowledged sessions that the fault hit, and those in which the checker found it. */
  readonly struck: readonly string[]
  readonly found: readonly string[]
}

/** Plants the faults one after another in one gateway, each in the sessions of a separate application. */
export async function planted(options: PlantedOptions): Promise<readonly PlantedReport[]> {
  const { seed, clients, plants, maxLatenessMs, say = () => undefined } = options
  const random = new Random(seed)
  const cluster = await startCluster({ size: 1 })
  const receiver = await startReceiver(random)
  try {
    await cluster.query(NURSERY)
    const from = Date.now()
    const runs: { plant: Plant | undefined; key: string; workload: Workload }[] = []
    for (const plant of [undefined, ...plants]) {
      const key = await plantFor(cluster, plant)
      const workload = startWorkload({ url: cluster.url, key, sinkUrl: receiver.url, clients, random })
      await delay(LOAD_MS)
      await workload.stop()
      say(`${plant ?? 'nothing planted'}: ${workload.acknowledged.length} sessions acknowledged`)
      runs.push({ plant, key, workload })
    }
    await delay(QUIET_MS)
    const uptimes = [{ from, to: Date.now() }]
    const held = new Set(await cluster.held())
    const struck = new Set(
      (await cluster.query<{ session: string }>('SELECT session FROM struck')).map(({ session }) => session),
    )
    const reports: PlantedReport[] = []
    for (const { plant, key, workload } of runs) {
      const ids = new Set(workload.acknowledged.map(({ info }) => info.sessionId))
      const verdict = check(
        {
          ...workload,
          uptimes,
          arrivals: receiver.arrivals.filter(({ event }) => ids.has(event.data.sessionId)),
          final: await readFinal(cluster.url, key, ids),
          held: [...ids].filter((id) => held.has(id)),
        },
        maxLatenessMs,
      )
      const promise = plant && BROKEN_PROMISE[plant]
      const found = verdict.violations.filter((violation) => violation.promise === promise)
      // Deleted sessions are expected to be gone.
      const deleted = new Set(plant === 'lost-commit' ? workload.deleted : [])
      reports.push({
        ...verdict,
        plant,
        sessions: ids.size,
        struck: [...ids].filter((id) => struck.has(id) && !deleted.has(id)).sort(),
        found: [...new Set(found.map(({ sessionId }) => sessionId))].sort(),
      })
    }
    return reports
  } finally {
    await receiver.close()
    await cluster.close()
  }
}

/** A new application, in whose sessions the fault is planted. @returns its key */
async function plantFor(cluster: Cluster, plant: Plant | undefined): Promise<string> {
  const { gateway } = cluster.members[0] as Member
  const { id } = await gateway.admin<{ id: string }>('POST', '/applications', { name: plant ?? 'control' })
  if (plant !== undefined) await cluster.query(`INSERT INTO planted VALUES ('${id}', '${plant}')`)
  return (await gateway.admin<{ key: string }>('POST', `/applications/${id}/keys`, {})).key
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
