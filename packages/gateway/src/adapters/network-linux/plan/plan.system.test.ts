// Random plans on a real kernel and on the fake: both must end in the same state.

import { type Instant, instant } from '@rightofway/camara'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeWith } from '../../../../../../test/parts.js'
import { FakeKernel, GROUPS, wantedState } from '../fake-kernel.fixture.js'
import { KernelExec } from '../kernel/exec.js'
import { Kernel, type KernelState } from '../kernel/kernel.js'
import { machineTools } from '../kernel/tools.js'
import { CONFIG, withRouter } from '../router.fixture.js'
import { ReservationTable } from '../state/reservation-table.js'
import { asWanted } from './htb.js'
import { plan, type State } from './plan.js'

const now = (): Instant => instant(Date.now())

/** The kernel lists ends in whole seconds, and a loaded machine answers late. */
const END_TOLERANCE_MS = 5_000

describeWith(['namespaces', 'nftables'], 'random plans', () => {
  it('end in the same state on a kernel as on the fake [property]', () =>
    withRouter(async ({ network, topology }) => {
      await network.close()
      const exec = new KernelExec(machineTools(topology.router.command([])))
      const kernel = new Kernel(exec, { ...CONFIG, dscp: true }, new ReservationTable(':memory:'))
      const { servers, devices } = await kernel.openLinks()
      const egresses = [...devices, servers]

      const empty: State = { elements: new Map(), classes: new Map(), marks: new Map() }
      const carryOut = async (wanted: State, found: KernelState): Promise<void> => {
        const repair = kernel.repair(found, wanted, egresses, () => true, now())
        expect(await kernel.mendTrees(repair)).toEqual(new Map())
        await exec.nft(repair.nft(now()))
      }
      const steps = fc.array(
        wantedState(
          egresses,
          fc.integer({ min: 60, max: 3_600 }).map((s) => s * 1_000),
        ),
        {
          minLength: 1,
          maxLength: 6,
        },
      )
      await fc.assert(
        fc.asyncProperty(steps, async (all) => {
          // The empty table; classes stay, as always.
          await carryOut(empty, await kernel.read(now))
          const fake = new FakeKernel(egresses, GROUPS.flat())
          let believed = empty
          for (const at of all) {
            const moment = now()
            const wanted = at(moment)
            const said = plan(wanted, believed, { now: moment })
            await exec.tc(said.tc)
            await exec.nft(said.nft)
            fake.apply(said, moment)
            believed = fake.state(now())
            compare(await kernel.read(now), believed)
          }
        }),
        // As many as an emulated machine has time for.
        { numRuns: 15, interruptAfterTimeLimit: 120_000 },
      )
    })())
})

function compare({ table, links }: KernelState, fake: State): void {
  expect(table?.marks).toEqual(fake.marks)
  expect(new Set(table?.elements.keys())).toEqual(new Set(fake.elements.keys()))
  for (const [id, { minor, endsAt }] of fake.elements) {
    const found = table?.elements.get(id)
    expect(found?.minor).toBe(minor)
    expect(Math.abs((found?.endsAt ?? 0) - endsAt)).toBeLessThan(END_TOLERANCE_MS)
  }
  for (const { egress, minor, spec } of fake.classes.values()) {
    const there = links.get(egress.interface)?.classes.get(minor)?.spec
    expect(there && asWanted(there, spec)).toEqual(spec)
  }
}
