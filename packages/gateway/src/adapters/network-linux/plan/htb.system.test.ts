// Trees that others have changed, and configurations that have changed: the kernel ends up with the configured state,
// in every attribute.

import { seconds } from '@rightofway/camara'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeWith } from '../../../../../../test/parts.js'
import { guarantee, reservation, reservationId } from '../../../../test/support/reservations.js'
import { asItShouldBe, becomes, CONFIG, type Router, withRouter } from '../router.fixture.js'

const PARTS = ['namespaces', 'nftables'] as const

/** Text about the tree on lan0, converted to another interface. */
const on = (dev: string, words: string): string => words.replaceAll('7277:', dev === 'wan0' ? '7278:' : '7277:')

/** tc's full listing of the trees and these classes, without counters and in a fixed order. */
async function trees({ run }: Router, ...onLan: readonly string[]): Promise<string> {
  const ids = onLan.flatMap((id) => [id, on('wan0', id)])
  const parents = ['7277:1', ...onLan.map(leaf)]
  const lines = ['lan0', 'wan0'].flatMap((dev) => [
    `class show dev ${dev}`,
    `qdisc show dev ${dev}`,
    `filter show dev ${dev}`,
    ...parents.map((parent) => `filter show dev ${dev} parent ${on(dev, parent)}`),
  ])
  const text = await run('sh', '-c', 'printf "%s\\n" "$@" | tc -d -batch -', 'sh', ...lines)
  return (
    text
      .replaceAll(/direct_packets_stat \d+/g, '')
      .split('\n')
      // Unused classes are added meanwhile.
      .filter(
        (line) =>
          /^qdisc .* root |^filter /.test(line) ||
          ids.some(
            (id) =>
              line.startsWith(`class htb ${id} `) || (line.startsWith('qdisc ') && line.includes(` parent ${id} `)),
          ),
      )
      .sort()
      .join('\n')
  )
}

const grant = async ({ network }: Router, n: number): Promise<void> => {
  // It outlasts the test on an emulated machine: a free class may be what it was, or what others changed it to.
  const wish = reservation(n, { qos: guarantee(1_000_000), duration: seconds(3_600) })
  expect(await network.reserve(wish)).toMatchObject({ result: 'granted' })
}

const troubles = async ({ network }: Router): Promise<string> => (await network.status()).troubles.join('\n')

const classOf = async ({ network }: Router): Promise<string> => (await network.status()).sessions[0]?.class ?? ''

/** Every attribute of a class that `tc class change` changes, with a value that none of ours has. */
const ATTRIBUTES = [
  'rate 3mbit ceil 9mbit',
  'rate 2mbit ceil 3mbit',
  'rate 2mbit prio 3',
  'rate 2mbit burst 60000',
  'rate 2mbit cburst 60000',
  'rate 2mbit quantum 4000',
  'rate 2mbit overhead 14',
  'rate 2mbit mpu 64',
  'rate 2mbit linklayer atm',
]

/** Every attribute of an fq_codel leaf that can be changed, if the kernel has it. */
const FQ_CODEL = [
  'limit 500',
  'target 40ms',
  'interval 200ms',
  'quantum 300',
  'memory_limit 1mb',
  'drop_batch 8',
  'noecn',
  'ce_threshold 1ms',
]

/** The handle of a class's leaf. */
const leaf = (id: string): string => `${id.replace(/^.*:/, '')}:`

/** Changes of a tree: with the interface and a class's id, in tc's words. */
const CHANGES: readonly ((dev: string, id: string) => string)[] = [
  ...ATTRIBUTES.map((words) => (dev: string, id: string) => `class change dev ${dev} classid ${id} htb ${words}`),
  ...FQ_CODEL.map((words) => (dev: string, id: string) => `qdisc change dev ${dev} parent ${id} fq_codel ${words}`),
  (dev, id) => `qdisc replace dev ${dev} parent ${id} fq_codel flows 8`,
  (dev, id) => `qdisc replace dev ${dev} parent ${id} bfifo limit 20000`,
  (dev, id) => `qdisc replace dev ${dev} parent ${id} pfifo limit 10`,
  (dev, id) => `qdisc del dev ${dev} parent ${id}`,
  (dev, id) => `class add dev ${dev} parent ${id} classid 7277:f000 htb rate 1mbit`,
  (dev) => `class add dev ${dev} parent 7277: classid 7277:3 htb rate 1mbit`,
  (dev, id) => `filter add dev ${dev} parent 7277: protocol ip u32 match u32 0 0 flowid ${id}`,
  (dev, id) => `filter add dev ${dev} parent 7277: protocol all chain 3 u32 match u32 0 0 flowid ${id}`,
  (dev, id) => `filter add dev ${dev} parent 7277:1 protocol ip u32 match u32 0 0 flowid ${id}`,
  // If the leaf is one that consults filters.
  (dev, id) => `filter add dev ${dev} parent ${leaf(id)} protocol ip u32 match u32 0 0 flowid ${leaf(id)}1`,
  (dev, id) => `filter add dev ${dev} parent ${leaf(id)} protocol all chain 3 u32 match u32 0 0 flowid ${leaf(id)}1`,
]

describeWith(PARTS, 'a tree with one thing changed', () => {
  it('is restored as soon as we have heard of it, whatever was changed [property]', () =>
    withRouter(async (router) => {
      await grant(router, 1)
      const session = await classOf(router)
      const shown = () => trees(router, '7277:1', '7277:2', '7277:3', '7277:f000', session)
      const before = await shown()
      // Two in a row of the same class: the second comes right after our repair of the first.
      const changes = fc.record({
        pair: fc.array(fc.constantFrom(...CHANGES), { minLength: 2, maxLength: 2 }),
        dev: fc.constantFrom('lan0', 'wan0'),
        id: fc.constantFrom('7277:1', '7277:2', session),
      })
      await fc.assert(
        fc.asyncProperty(changes, async ({ pair, dev, id }) => {
          for (const words of pair) {
            // A change that the kernel refuses changes nothing.
            await router.run('tc', ...on(dev, words(dev, id)).split(' ')).catch(() => undefined)
            // Nobody requests a reading.
            await becomes(async () => (await shown()) === before)
          }
        }),
        // As many as an emulated machine has time for.
        { numRuns: 15, interruptAfterTimeLimit: 60_000 },
      )
    })())

  it.each([
    ['lost its classes', ['class del dev lan0 classid SESSION', 'class del dev lan0 classid 7277:2']],
    [
      'has another root, of our name',
      ['qdisc del dev lan0 root', 'qdisc add dev lan0 root handle 7277: htb default 3'],
    ],
    [
      'lost the class above all',
      [
        'qdisc del dev lan0 root',
        'qdisc add dev lan0 root handle 7277: htb default 2',
        'class add dev lan0 parent 7277: classid 7277:2 htb rate 1mbit',
        'class add dev lan0 parent 7277:2 classid SESSION htb rate 1mbit',
      ],
    ],
  ])('comes back: it %s', (_, commands) =>
    withRouter(async (router) => {
      await grant(router, 1)
      const session = await classOf(router)
      const before = await trees(router, '7277:1', '7277:2', session)
      // Parts that are already repaired by then refuse the rest.
      await router.run(
        'sh',
        '-c',
        [...commands.map((words) => `tc ${words.replace('SESSION', session)}`), 'true'].join('; '),
      )
      await router.network.audit()
      expect(await trees(router, '7277:1', '7277:2', session)).toBe(before)
      await becomes(() => asItShouldBe(router))
    })(),
  )

  it.each([
    ['without classes', ['qdisc add dev lan0 root handle 7277: htb default 2']],
    [
      'without the class above all',
      [
        'qdisc add dev lan0 root handle 7277: htb default 2',
        'class add dev lan0 parent 7277: classid 7277:2 htb rate 1mbit',
      ],
    ],
  ])('is taken up by a start: a root of ours %s', (_, commands) =>
    withRouter(async (router) => {
      const before = await router.run('tc', '-d', 'class', 'show', 'dev', 'lan0', 'classid', '7277:2')
      const network = await router.reopen(async () => {
        await router.run('tc', 'qdisc', 'del', 'dev', 'lan0', 'root')
        for (const command of commands) await router.run('tc', ...command.split(' '))
      })
      expect(await router.run('tc', '-d', 'class', 'show', 'dev', 'lan0', 'classid', '7277:2')).toBe(before)
      await becomes(() => asItShouldBe({ network }))
    })(),
  )

  it('does not keep the table from being repaired if the tree cannot be repaired', () =>
    withRouter(async (router) => {
      await grant(router, 1)
      router.tools.refused = 'dev lan0'
      await router.run('tc', 'class', 'change', 'dev', 'lan0', 'classid', '7277:2', 'htb', 'rate', '3mbit')
      await router.run('tc', 'class', 'change', 'dev', 'wan0', 'classid', '7278:2', 'htb', 'rate', '3mbit')
      await router.run('nft', 'flush', 'map', 'inet', 'rightofway', 'server_port4')
      await router.network.audit()
      expect(await router.run('nft', 'list', 'map', 'inet', 'rightofway', 'server_port4')).toContain('10.0.0.1')
      expect(await router.run('tc', 'class', 'show', 'dev', 'wan0', 'classid', '7278:2')).toContain('rate 1Mbit')
      await becomes(async () => /^lan0 could not be repaired: tc was refused: /.test(await troubles(router)))
      router.tools.refused = undefined
      await becomes(() => asItShouldBe(router))
      expect(await router.run('tc', 'class', 'show', 'dev', 'lan0', 'classid', '7277:2')).toContain('rate 1Mbit')
    })())
})

describeWith(PARTS, 'a configuration that has changed', () => {
  it('is applied at the start: capacity, and the reserved share of the default class', () =>
    withRouter(async (router) => {
      await grant(router, 1)
      const session = await classOf(router)
      const classesOf = (dev: string) => router.run('tc', 'class', 'show', 'dev', dev)
      const network = await router.reopen(undefined, {
        towardsDevices: [{ interface: 'lan0', capacityBps: 5_000_000 }],
        reservedShare: 0.5,
      })
      const lan = await classesOf('lan0')
      expect(lan).toContain('class htb 7277:1 root rate 5Mbit ceil 5Mbit')
      expect(lan).toMatch(/class htb 7277:2 .* rate 2500Kbit ceil 5Mbit/)
      expect(lan).toMatch(new RegExp(`class htb ${session} .* rate 1Mbit ceil 5Mbit`))
      expect(await classesOf('wan0')).toMatch(/class htb 7278:2 .* rate 5Mbit ceil 10Mbit/)
      expect((await network.status()).drift).toEqual({ rebuilt: [], missing: 0, stray: 0, classes: 0 })
    })())

  it.each([8_000, 12_345_677, 34_359_738_367, 1_000_000_000_000])('may say %i bit/s: HTB carries it', (capacityBps) =>
    withRouter(
      async (router) => {
        await becomes(() => asItShouldBe(router))
      },
      {
        towardsDevices: [{ interface: 'lan0', capacityBps }],
        towardsServers: { interface: 'wan0', capacityBps },
      },
    )(),
  )

  it('leaves no tree on an interface that is no longer part of the network', () =>
    withRouter(async (router) => {
      const { run } = router
      const qdiscs = (dev: string) => run('tc', 'qdisc', 'show', 'dev', dev)
      const [lan0] = CONFIG.towardsDevices
      const spare0 = { interface: 'spare0', capacityBps: 1_000_000, devices: [] }
      await router.reopen(
        async () => {
          await run('ip', 'link', 'add', 'spare0', 'type', 'veth', 'peer', 'name', 'spare1')
          await run('tc', 'qdisc', 'add', 'dev', 'spare0', 'root', 'handle', '8001:', ...TBF)
        },
        { towardsDevices: [lan0, spare0], takeover: true },
      )
      expect(await qdiscs('spare0')).toContain('htb 7279: root')
      await router.reopen()
      expect(await qdiscs('spare0')).toMatch(/^qdisc tbf 8001: root .* rate 5Mbit/)
      // For example after a restore from elsewhere, while we run.
      await run('tc', 'qdisc', 'replace', 'dev', 'spare1', 'root', 'handle', '7277:', 'htb', 'default', '2')
      await router.network.audit()
      expect(await qdiscs('spare1')).not.toContain('htb')
    })())
})

const TBF = ['tbf', 'rate', '5mbit', 'burst', '10k', 'latency', '50ms']

describeWith(PARTS, 'an interface', () => {
  it('may get another MTU: the bursts, quanta and queues of its classes follow', () =>
    withRouter(async (router) => {
      await grant(router, 1)
      const session = await classOf(router)
      await router.run('ip', 'link', 'set', 'lan0', 'mtu', '9000')
      await router.network.audit()
      const shown = await router.run('tc', '-d', 'class', 'show', 'dev', 'lan0')
      const ofSession = shown.split('\n').find((line) => line.includes(`${session} `))
      expect(ofSession).toMatch(/ quantum 9014 .* burst 18028b/)
      await router.network.release(reservationId(1), 2)
      expect((await router.network.status()).drift).toEqual({ rebuilt: [], missing: 0, stray: 0, classes: 0 })
    })())
})
