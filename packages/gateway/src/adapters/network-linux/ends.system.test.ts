// Slow tools: a session must end on time all the same.

import { after, type Instant, seconds } from '@rightofway/camara'
import { expect, it } from 'vitest'
import { describeWith } from '../../../../../test/parts.js'
import { reservation } from '../../../test/support/reservations.js'
import type { Prefix } from '../../domain/address.js'
import { asItShouldBe, becomes, type Router, sleep, withRouter } from './router.fixture.js'

const SLOW_MS = 2_500

/** Milliseconds until the kernel removes the session. */
async function leftOf({ run }: Router): Promise<number> {
  const listed = await run('nft', 'list', 'table', 'inet', 'rightofway')
  const [, minutes = '0', s = '0', ms = '0'] =
    /10\.0\.0\.1 [^,}]* expires (?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?/.exec(listed) ?? []
  return Number(minutes) * 60_000 + Number(s) * 1_000 + Number(ms)
}

describeWith(['namespaces', 'nftables'], 'an end, by an nft that is slow', () => {
  it.each([
    ['before it tells the kernel', 'beforeNft', '198.51.100.7/32'],
    ['before it tells the kernel, of a prefix', 'beforeNft', '198.51.100.0/24'],
    ['after it has told it', 'afterNft', '198.51.100.7/32'],
  ] as const)('is the one that was granted: %s', (_, hook, server) =>
    withRouter(async (router) => {
      router.tools[hook] = () => sleep(SLOW_MS)
      const flow = { ...reservation(1).flow, server: [server as Prefix] }
      const answer = await router.network.reserve(reservation(1, { flow, duration: seconds(60) }))
      expect(answer).toMatchObject({ result: 'granted' })
      const endsAt = after((answer as { at: Instant }).at, seconds(60))
      await becomes(async () => (await leftOf(router)) - (endsAt - router.now()) < 500)
      await becomes(() => asItShouldBe(router))
      router.tools[hook] = undefined
      expect((await leftOf(router)) - (endsAt - router.now())).toBeGreaterThan(-100)
      expect(await router.network.audit()).toEqual({ rebuilt: [], missing: 0, stray: 0, classes: 0 })
    })(),
  )
})
