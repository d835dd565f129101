// Two gateways on one machine: one of them drives its network.

import { afterEach, expect, it, vi } from 'vitest'
import { describeWith } from '../../../../../test/parts.js'
import { reservation } from '../../../test/support/reservations.js'
import { NetworkUnusable } from './kernel/unusable.js'
import { asItShouldBe, becomes, type Router, withRouter } from './router.fixture.js'

const owner = ({ run }: Router) => run('nft', 'list', 'map', 'inet', 'rightofway', 'owner')
const element = (verb: string, text: string) => ['nft', verb, 'element', 'inet', 'rightofway', 'owner', `{ ${text} }`]

afterEach(() => {
  vi.useRealTimers()
})

describeWith(['namespaces', 'nftables'], 'a second gateway on one machine', () => {
  it('is refused, with a message that names the first one, and changes nothing', () =>
    withRouter(async (router) => {
      const { network, run } = router
      expect(await network.reserve(reservation(1))).toMatchObject({ result: 'granted' })
      const kernel = () =>
        Promise.all([
          run('nft', '-s', 'list', 'map', 'inet', 'rightofway', 'server_port4'),
          run('tc', 'qdisc', 'show', 'dev', 'wan0', 'root'),
        ])
      const before = await kernel()
      const opened = router.openBeside()
      await expect(opened).rejects.toThrow(
        `another gateway leads the network of this machine (its reservation table: ${router.tableFile}): stop it first`,
      )
      await expect(opened).rejects.toBeInstanceOf(NetworkUnusable)
      expect(await kernel()).toEqual(before)
      expect(await network.status()).toMatchObject({ repairs: 0, troubles: [] })
    })())

  it('is the only one that is refused if both start at once', () =>
    withRouter(async (router) => {
      await router.network.close()
      await router.run('nft', 'flush', 'ruleset')
      const results = await Promise.allSettled([router.openBeside(), router.reopen()])
      const refused = results.filter(({ status }) => status === 'rejected')
      expect(refused).toEqual([{ status: 'rejected', reason: expect.any(NetworkUnusable) as unknown }])
      for (const result of results) if (result.status === 'fulfilled') await result.value.close()
    })())

  it('takes the machine over when the first one has stopped', () =>
    withRouter(async (router) => {
      await router.network.close()
      const beside = await router.openBeside()
      await expect(router.reopen()).rejects.toThrow(/another gateway .*beside\.db/)
      await beside.close()
      expect(await owner(router)).not.toContain('elements')
    })())

  it('takes the machine over when the claim of a killed gateway has expired', () =>
    withRouter(async (router) => {
      // It cannot give up its claim.
      router.tools.isCutOff = true
      await router.network.close()
      router.tools.isCutOff = false
      await expect(router.openBeside()).rejects.toThrow(/If it was killed, its claim ends in \d+ s$/)
      await router.run(...element('delete', '1'))
      await (await router.openBeside()).close()
    })())
})

describeWith(['namespaces', 'nftables'], 'the owner of a machine', () => {
  it('renews its claim', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    await withRouter(async (router) => {
      await becomes(async () => /expires 5[0-8]s/.test(await owner(router)))
      vi.advanceTimersByTime(20_000)
      await becomes(async () => /expires (59s|1m)/.test(await owner(router)))
      expect(await router.network.status()).toMatchObject({ repairs: 0, troubles: [] })
    })()
  })

  it('stays the same after it was killed', () =>
    withRouter(async (router) => {
      router.tools.isCutOff = true
      const again = await router.reopen(async () => {
        router.tools.isCutOff = false
      })
      expect((await again.status()).repairs).toBe(0)
    })())

  it('leaves the kernel alone while another gateway claims the machine, and reports that', () =>
    withRouter(async (router) => {
      const { network, run } = router
      await run(...element('delete', '1'))
      await run(...element('add', '1 timeout 1h comment "other.db" : 7'))
      await run('nft', 'flush', 'chain', 'inet', 'rightofway', 'classify')
      await becomes(async () => network.troubles.length > 0)
      expect(network.troubles.join()).toContain('another gateway leads the network of this machine')
      await expect(network.reserve(reservation(1))).rejects.toThrow('another gateway leads')
      expect(await run('nft', 'list', 'chain', 'inet', 'rightofway', 'classify')).not.toContain('oifname')
      await run(...element('delete', '1'))
      await becomes(() => asItShouldBe(router))
      expect(await run('nft', 'list', 'chain', 'inet', 'rightofway', 'classify')).toContain('oifname')
    })())
})
