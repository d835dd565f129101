// A kernel that others have changed, and a batch that finds elements in every state.

import { type ReservationId, seconds } from '@rightofway/camara'
import { expect, it } from 'vitest'
import { describeWith } from '../../../../../test/parts.js'
import { guarantee, reservation, reservationId } from '../../../test/support/reservations.js'
import type { Prefix } from '../../domain/address.js'
import { teardown } from './kernel/teardown.js'
import { machineTools } from './kernel/tools.js'
import { NetworkUnusable } from './kernel/unusable.js'
import { asItShouldBe, becomes, openRouter, type Router, sleep, withRouter } from './router.fixture.js'

const PARTS = ['namespaces', 'nftables'] as const

const map = (router: Router, name: string): Promise<string> =>
  router.run('nft', 'list', 'map', 'inet', 'rightofway', name)

/** The number of elements for exact flows with a port of the server. */
const held = async (router: Router): Promise<number> => (await map(router, 'server_port4')).match(/7277:/g)?.length ?? 0

const grant = async ({ network }: Router, n: number, more: Parameters<typeof reservation>[1] = {}): Promise<void> => {
  expect(await network.reserve(reservation(n, more))).toMatchObject({ result: 'granted' })
}

/** 2 s are promised; a shared machine may take longer to read. */
const REPAIRED_WITHIN_MS = 4_000

describeWith(PARTS, 'a kernel that somebody has changed', () => {
  it.each([
    ['the whole ruleset flushed', ['nft', 'flush', 'ruleset']],
    ['our table deleted', ['nft', 'delete', 'table', 'inet', 'rightofway']],
    ['a map emptied', ['nft', 'flush', 'map', 'inet', 'rightofway', 'server_port4']],
    ['our tree deleted', ['tc', 'qdisc', 'del', 'dev', 'lan0', 'root']],
    [
      'an interface deleted and made anew',
      ['sh', '-c', 'ip link del lan0; ip link add lan0 type veth peer name x; ip link set x up; ip link set lan0 up'],
    ],
  ])('is noticed at once and repaired: %s', async (_, argv) =>
    withRouter(async (router) => {
      await grant(router, 1, { qos: guarantee(1_000_000) })
      await grant(router, 2)
      const before = await router.run('tc', 'class', 'show', 'dev', 'lan0')
      await router.run(...argv)
      expect(await becomes(() => asItShouldBe(router))).toBeLessThan(REPAIRED_WITHIN_MS)
      expect(await held(router)).toBe(2)
      const after = await router.run('tc', 'class', 'show', 'dev', 'lan0')
      const promised = (text: string) => text.split('\n').filter((line) => line.includes('prio 1 rate 1Mbit ceil'))
      expect(promised(after)).toEqual(promised(before))
      expect(promised(after).length).toBeGreaterThan(0)
    })(),
  )

  it('is repaired even if no rule differs: a chain with another policy', async () =>
    withRouter(async (router) => {
      await grant(router, 1)
      await router.run('nft', 'add chain inet rightofway classify { policy drop; }')
      await becomes(
        async () => !(await router.run('nft', 'list', 'table', 'inet', 'rightofway')).includes('policy drop'),
      )
      await becomes(() => asItShouldBe(router))
      expect(await held(router)).toBe(1)
    })())

  it.each([
    [
      'a rule of another in the place of one of ours',
      ['replace rule inet rightofway classify handle HANDLE ip daddr 10.0.0.66 accept'],
      ['chain classify: ip daddr <address> accept'],
      [expect.stringMatching(/^chain classify: oifname vmap/)],
    ],
    [
      'a rule of another in front of ours, and one of ours out',
      ['insert rule inet rightofway classify accept', 'delete rule inet rightofway classify handle HANDLE'],
      ['chain classify: accept'],
      [expect.stringMatching(/^chain classify: oifname vmap/)],
    ],
    ['a dormant table', ['add table inet rightofway { flags dormant; }'], ['flags dormant'], []],
    ['a chain more', ['add chain inet rightofway strange'], ['chain strange {'], []],
  ])('is repaired, and the log names what it was: %s', async (_, commands, foreign, gone) =>
    withRouter(async (router) => {
      await grant(router, 1)
      const ours = await router.run('nft', '-a', 'list', 'chain', 'inet', 'rightofway', 'classify')
      const [, handle = ''] = /oifname vmap .*# handle (\d+)/.exec(ours) ?? []
      const listing = () => router.run('nft', '-s', '-t', 'list', 'table', 'inet', 'rightofway')
      const before = await listing()
      await router.topology.router.run(['nft', '-f', '-'], `${commands.join('\n').replace('HANDLE', handle)}\n`)
      await becomes(async () => (await listing()) === before)
      await becomes(() => asItShouldBe(router))
      expect(await held(router)).toBe(1)
      const said = () =>
        router.logged.find(({ message }) => message === 'the kernel was not as it should be, and is again')
      await becomes(async () => said() !== undefined)
      expect(said()?.fields).toMatchObject({ rebuilt: ['table inet rightofway'], foreign, gone })
    })(),
  )

  it('is repaired by a look at the latest: a class with other rates, an element with none of ours', () =>
    withRouter(async (router) => {
      await grant(router, 1, { qos: guarantee(1_000_000) })
      const { sessions } = await router.network.status()
      const minor = sessions[0]?.class ?? ''
      await router.run(
        'tc',
        'class',
        'change',
        'dev',
        'wan0',
        'classid',
        minor.replace(/^7277:/, '7278:'),
        'htb',
        'rate',
        '9mbit',
        'ceil',
        '9mbit',
      )
      const add = (what: string) => router.run('nft', 'add', 'element', 'inet', 'rightofway', what)
      await add('addresses4 { 10.0.0.99 . 198.51.100.99 : 1:99 }')
      await add(`prefixes4 { 10.0.0.98 . 198.51.100.0/24 timeout 1h : ${minor} }`)
      // A monitor may have reported it first.
      await router.network.audit()
      expect(await asItShouldBe(router)).toBe(true)
      expect(await map(router, 'addresses4')).not.toContain('10.0.0.99')
    })())

  it('may have an unused class of ours: it counts as free', () =>
    withRouter(async (router) => {
      await router.network.close()
      const make = (dev: string, handle: string) =>
        router.run(
          'tc',
          'class',
          'add',
          'dev',
          dev,
          'parent',
          `${handle}:1`,
          'classid',
          `${handle}:fffe`,
          'htb',
          'rate',
          '1mbit',
        )
      await make('lan0', '7277')
      await make('wan0', '7278')
      const again = await router.reopen()
      expect(await asItShouldBe(router)).toBe(true)
      const { classes } = await again.status()
      expect(classes.inUse).toBe(0)
      expect(classes.ready).toBeGreaterThan(0)
    })())

  it('is not read because of our own changes', () =>
    withRouter(async (router) => {
      const { network, run } = router
      // Except for the table, which is created once.
      const looks = () =>
        router.logged.flatMap(({ message }) => /^(elements|a qdisc or class).*changed/.exec(message)?.[0] ?? [])
      for (let n = 1; n <= 5; n++) await grant(router, n, { qos: guarantee(n * 100_000) })
      for (let n = 1; n <= 5; n++) await grant(router, n, { version: 2, qos: guarantee(1_234_567) })
      for (let n = 1; n <= 5; n++) await network.release(reservationId(n), 3)
      // When this is reported, everything before it has been.
      await run('tc', 'class', 'add', 'dev', 'wan0', 'parent', '7278:', 'classid', '7278:3', 'htb', 'rate', '1mbit')
      await becomes(async () => looks().length > 0)
      await becomes(() => asItShouldBe(router))
      expect(looks()).toEqual(['a qdisc or class was changed'])
    })())

  it('is used as it is if nothing was wrong: a new process repairs nothing', () =>
    withRouter(async (router) => {
      await grant(router, 1, { qos: guarantee(1_000_000), duration: seconds(50) })
      const before = await map(router, 'server_port4')
      const again = await router.reopen()
      expect((await again.status()).repairs).toBe(0)
      expect(await held(router)).toBe(1)
      // The same element with the same end: it was not created again.
      const end = (text: string) => Number(/expires (\d+)s/.exec(text)?.[1])
      expect(end(await map(router, 'server_port4'))).toBeLessThanOrEqual(end(before))
      expect(router.tools.said.filter(({ input }) => input.includes('create table'))).toHaveLength(1)
    })())
})

describeWith(PARTS, 'a network in trouble', () => {
  it.each([
    ['an interface down', ['ip', 'link', 'set', 'wan0', 'down'], /^wan0 is down/, ['ip', 'link', 'set', 'wan0', 'up']],
    [
      'an interface gone',
      ['ip', 'link', 'del', 'wan0'],
      /^there is no interface wan0/,
      ['sh', '-c', 'ip link add wan0 type veth peer name x; ip link set x up; ip link set wan0 up'],
    ],
    [
      "another's root qdisc",
      ['tc', 'qdisc', 'replace', 'dev', 'wan0', 'root', 'handle', '8001:', 'pfifo'],
      /^wan0 has a root qdisc of another program/,
      ['tc', 'qdisc', 'del', 'dev', 'wan0', 'root'],
    ],
  ])('says so at its link, until it is over, and is logged once: %s', async (_, argv, words, mend) =>
    withRouter(async (router) => {
      const { network } = router
      await grant(router, 1)
      await router.run(...argv)
      await becomes(async () => network.troubles.length > 0)
      // Some readings later it is the same trouble.
      for (let look = 0; look < 3; look++) await network.audit()
      const { links, troubles, drift } = await network.status()
      expect(drift).toBeDefined()
      expect(troubles).toEqual([expect.stringMatching(words)])
      expect(links.map(({ interface: name, trouble }) => [name, trouble])).toEqual([
        ['lan0', undefined],
        ['wan0', troubles[0]],
      ])
      expect(network.figures().links.map(({ up }) => up)).toEqual([true, false])
      const said = (message: string) => router.logged.filter((line) => line.message === message)
      expect(said('this machine cannot treat sessions as it should').map(({ fields }) => fields['reason'])).toEqual(
        troubles,
      )
      expect(said('the kernel was not as it should be, and is again')).toEqual([])
      await router.run(...mend)
      await becomes(() => asItShouldBe(router))
      expect(said('a problem is over').filter(({ fields }) => fields['reason'] === troubles[0])).toHaveLength(1)
      expect((await network.status()).links.map(({ trouble }) => trouble)).toEqual([undefined, undefined])
    })(),
  )

  it('reports that the kernel cannot be read, and answers all the same', () =>
    withRouter(async (router) => {
      router.tools.isCutOff = true
      const { drift, troubles, links } = await router.network.status()
      expect(drift).toBeUndefined()
      // Of the network, and of the links where a look was under way.
      expect(new Set(troubles.map((text) => text.replace(/^(nft|tc) was/, 'it was')))).toEqual(
        new Set(['it was refused: netlink: Error: cache initialization failed']),
      )
      expect(links).toHaveLength(2)
      router.tools.isCutOff = false
      await becomes(() => asItShouldBe(router))
    })())
})

describeWith(PARTS, 'one batch', () => {
  it('is not aborted by elements that are live, that have just expired, or that are missing', () =>
    withRouter(async (router) => {
      const { network } = router
      const prefix = { server: ['198.51.100.0/24' as Prefix] }
      const flowOf = (n: number) => ({ ...reservation(n).flow, ...(n % 2 === 0 && prefix) })
      // Both in hash maps and in interval maps.
      for (let n = 1; n <= 20; n++) {
        await grant(router, n, { flow: flowOf(n), duration: seconds(n <= 10 ? 1 : 60) })
      }
      await sleep(1_100)
      await router.run('nft', 'delete', 'element', 'inet', 'rightofway', 'server_port4', `{ ${keyOf(11)} }`)
      const answers = await Promise.all([
        // Expired by themselves, and released before that was known: nothing to delete.
        ...range(1, 5).map((n) => network.release(reservationId(n), 2)),
        // Expired, and wanted again.
        ...range(6, 10).map((n) =>
          network.reserve(reservation(n, { version: 3, flow: flowOf(n), until: (router.now() + 60_000) as never })),
        ),
        // Live, and one of them deleted without our knowledge.
        ...range(11, 15).map((n) => network.release(reservationId(n), 2)),
        ...range(16, 20).map((n) =>
          network.reserve(reservation(n, { version: 2, flow: flowOf(n), duration: seconds(120) })),
        ),
        ...range(21, 25).map((n) => network.reserve(reservation(n, { flow: flowOf(n) }))),
      ])
      expect(answers.map((answer) => (typeof answer === 'string' ? answer : answer.result))).toEqual([
        ...Array<string>(5).fill('released'),
        ...Array<string>(5).fill('granted'),
        ...Array<string>(5).fill('released'),
        ...Array<string>(10).fill('granted'),
      ])
      expect(await network.audit()).toEqual({ rebuilt: [], missing: 0, stray: 0, classes: 0 })
      const listed = await network.list(undefined, 100)
      expect(listed.map(({ id }) => id)).toEqual([...range(6, 10), ...range(16, 25)].map(reservationId))
    })())

  it('gives up a reservation that the kernel refuses, names it, and carries the others out', () =>
    withRouter(async (router) => {
      const { network, tools } = router
      const lost: ReservationId[] = []
      network.watch(({ type, id }) => type === 'lost' && lost.push(id))
      tools.refused = '10.0.0.2 '
      const answers = await Promise.all([1, 2, 3].map((n) => network.reserve(reservation(n))))
      expect(answers.map(({ result }) => result)).toEqual(['granted', 'refused', 'granted'])
      expect(router.logged).toContainEqual(
        expect.objectContaining({
          level: 'error',
          fields: expect.objectContaining({ reservation: reservationId(2) }) as object,
        }),
      )
      expect(JSON.stringify(router.logged)).not.toContain('10.0.0.2')
      expect(await held(router)).toBe(2)
    })())
})

describeWith(PARTS, 'a ruleset that is loaded again', () => {
  it('costs no session, although it contains our old table, and we see it every time', () =>
    withRouter(async (router) => {
      const { network, tools } = router
      const lost: ReservationId[] = []
      network.watch(({ type, id }) => type === 'lost' && lost.push(id))
      for (let n = 1; n <= 20; n++) await grant(router, n)
      const ruleset = await router.run('nft', 'list', 'ruleset')
      for (let n = 21; n <= 40; n++) await grant(router, n)
      let loads = 0
      tools.beforeNft = async (input) => {
        if (loads >= 8) return
        // When it is read, the table lacks its second half; when it is changed, the table is gone.
        await router.run('nft', 'flush', 'ruleset')
        if (input !== '') loads++
        else await router.topology.router.run(['nft', '-f', '-'], ruleset)
      }
      const answers = await Promise.all([41, 42].map((n) => network.reserve(reservation(n))))
      await network.audit()
      expect(loads).toBe(8)
      expect(answers.map(({ result }) => result)).toEqual(['granted', 'granted'])
      expect(lost).toEqual([])
      expect(await held(router)).toBe(42)
    })())
})

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

const keyOf = (n: number): string => `10.0.0.${n} . 198.51.100.7 . 443`

describeWith(PARTS, 'a machine', () => {
  it('keeps a root qdisc that an administrator set, unless takeover is allowed', async () => {
    const router = await openRouter()
    try {
      await router.network.close()
      await router.run(
        'tc',
        'qdisc',
        'replace',
        'dev',
        'lan0',
        'root',
        'handle',
        '8001:',
        'tbf',
        'rate',
        '5mbit',
        'burst',
        '10k',
        'latency',
        '50ms',
      )
      await expect(router.reopen()).rejects.toThrow(
        /lan0 has a root qdisc of another program \(.*tbf.*\): set takeover: true/,
      )
      await router.reopen(undefined, { takeover: true })
      expect(await router.run('tc', 'qdisc', 'show', 'dev', 'lan0')).toContain('htb 7277: root')
      await router.network.close()
      const torn = await teardown(machineTools(router.topology.router.command([])), [router.tableFile])
      expect(torn).toMatchObject({
        table: true,
        interfaces: ['lan0', 'wan0'],
        restored: [{ interface: 'lan0' }],
        notRestored: [],
      })
      expect(await router.run('tc', 'qdisc', 'show', 'dev', 'lan0')).toMatch(/^qdisc tbf 8001: root .*rate 5Mbit/)
      expect(await router.run('nft', 'list', 'ruleset')).toBe('')
    } finally {
      await router.close()
    }
  })

  it('keeps all foreign objects after a teardown, and a second one finds nothing', () =>
    withRouter(
      async (router) => {
        await grant(router, 1)
        await router.run('nft', 'add', 'table', 'inet', 'filter')
        await router.run('tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'handle', '1:', 'pfifo')
        await router.network.close()
        const tools = machineTools(router.topology.router.command([]))
        await teardown(tools, [router.tableFile])
        expect(await router.run('nft', 'list', 'tables')).toBe('table ip nat\ntable inet filter\n')
        expect(await router.run('tc', 'qdisc', 'show')).toMatch(/pfifo 1: dev lo root/)
        expect(await teardown(tools, [router.tableFile])).toEqual({
          table: false,
          interfaces: [],
          restored: [],
          notRestored: [],
        })
      },
      {},
      { nat: true },
    )())

  it.each([
    [
      'an interface that is not there',
      { towardsServers: { interface: 'wan9', capacityBps: 1_000_000 } },
      /there is no interface wan9/,
    ],
  ])('says at the start what is missing: %s', async (_, config, words) => {
    await expect(openRouter(config)).rejects.toThrow(words)
    await expect(openRouter(config)).rejects.toBeInstanceOf(NetworkUnusable)
  })

  it('reports at the start that a process lacks the capability to change the network', async () => {
    const router = await openRouter()
    try {
      await router.network.close()
      const powerless = router.topology.router.command([
        'setpriv',
        '--inh-caps=-all',
        '--bounding-set=-all',
        '--reuid=65534',
        '--clear-groups',
      ])
      await expect(router.reopenWith(machineTools(powerless))).rejects.toThrow(
        /run it as root, or give it CAP_NET_ADMIN/,
      )
    } finally {
      await router.close()
    }
  })

  it('warns of a later table that sets the priority of packets, when it appears and at the start', () =>
    withRouter(async (router) => {
      const warned = () =>
        router.logged.filter(({ level, message }) => level === 'warn' && message.includes('inet qos'))
      await router.run('nft', 'add', 'table', 'inet', 'qos')
      await router.run('nft', 'add chain inet qos later { type filter hook postrouting priority 10; }')
      await router.run('nft', 'add rule inet qos later meta priority set 1:1')
      await becomes(async () => warned().length === 1)
      await router.reopen()
      expect(warned().map(({ message }) => message)).toEqual(
        Array(2).fill(expect.stringMatching(/^table inet qos sets the priority of packets after ours \(later\)/)),
      )
    })())

  it('warns of filters on egress that move packets past the tree, when they appear and at the start', () =>
    withRouter(async (router) => {
      const warned = () => router.logged.filter(({ level, message }) => level === 'warn' && message.includes('egress'))
      await router.run('tc', 'qdisc', 'add', 'dev', 'wan0', 'clsact')
      const filter = 'filter add dev wan0 egress protocol ip u32 match ip dst 203.0.113.1'
      await router.run('tc', ...filter.split(' '), ...'action mirred egress redirect dev lan0'.split(' '))
      await becomes(async () => warned().length === 1)
      await router.reopen()
      expect(warned().map(({ message }) => message)).toEqual(
        Array(2).fill(expect.stringMatching(/^filters on egress of wan0 send packets on to lan0: /)),
      )
    })())

  it('warns at the start of settings that work and may surprise', async () => {
    const router = await openRouter()
    try {
      await router.network.close()
      await router.run('sysctl', '-qw', 'net.ipv4.ip_forward=0')
      await router.reopen()
      const warned = router.logged.filter(({ level }) => level === 'warn').map(({ message }) => message)
      expect(warned).toEqual([expect.stringContaining('IPv4 is not forwarded on wan0')])
    } finally {
      await router.close()
    }
  })
})
