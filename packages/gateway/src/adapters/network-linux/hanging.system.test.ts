// Tools that never exit.

import { expect, it } from 'vitest'
import { describeWith } from '../../../../../test/parts.js'
import { reservation } from '../../../test/support/reservations.js'
import { NetworkUnreachable } from '../../ports/network.js'
import { machineTools } from './kernel/tools.js'
import { asItShouldBe, becomes, withRouter } from './router.fixture.js'

const HANGING = ['sh', '-c', 'sleep 600 & wait'] as const

describeWith(['namespaces', 'nftables'], 'a tool that hangs', () => {
  it('is reported as a trouble, and later calls are carried out', () =>
    withRouter(async (router) => {
      const { network, tools } = router
      tools.hanging = machineTools(HANGING, 200)
      const asked = network.reserve(reservation(1))
      await expect(asked).rejects.toThrow(/^nft was killed: it had said nothing for /)
      await expect(asked).rejects.toBeInstanceOf(NetworkUnreachable)
      expect((await network.status()).troubles.join()).toContain('nft was killed')
      expect(router.logged).toContainEqual(expect.objectContaining({ level: 'error' }))
      tools.hanging = undefined
      expect(await network.reserve(reservation(1))).toMatchObject({ result: 'granted' })
      await becomes(() => asItShouldBe(router))
    })())

  it('does not delay a stop', () =>
    withRouter(async ({ network, tools, reopen }) => {
      tools.hanging = machineTools(HANGING, 3_600_000)
      const asked = network.reserve(reservation(1))
      const refused = expect(asked).rejects.toThrow('nft was killed: this process stops')
      const told = tools.said.length
      await becomes(async () => tools.said.slice(told).some(({ tool, input }) => tool === 'nft' && input !== ''))
      await reopen(async () => {
        await refused
        tools.hanging = undefined
      })
    })())
})
