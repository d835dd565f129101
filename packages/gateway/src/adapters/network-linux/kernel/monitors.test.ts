import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Scripted, scriptedTools } from '../scripted-tools.fixture.js'
import { told } from '../told.fixture.js'
import { Monitors } from './monitors.js'

let tools: Scripted
let monitors: Monitors
let disturbances: string[]
let looks: number
let logged: string[]

beforeEach(() => {
  vi.useFakeTimers()
  disturbances = []
  looks = 0
  logged = []
  tools = scriptedTools()
  const note = (_fields: object, message: string) => void logged.push(message)
  monitors = new Monitors({
    tools,
    interfaces: ['lan0', 'wan0', 'a@b', 'x*', 'eth0', 'br0'],
    monotonicNow: () => Date.now(),
    log: { info: note, warn: note, error: note },
    onDisturbed: (what) => void disturbances.push(what),
    onBlind: async () => void looks++,
  })
})
afterEach(() => {
  monitors.close()
  vi.useRealTimers()
})

const later = (ms = 200) => vi.advanceTimersByTimeAsync(ms)
const KEY = '10.0.0.2 . 198.51.100.7'
const DELETED = `delete element inet rightofway addresses4 { ${KEY} timeout 1m expires 58s112ms : 7277:12 }`
const ADDED = `add element inet rightofway addresses4 { ${KEY} timeout 1m expires 1m : 7277:12 }`

const CLASS =
  'class replace dev lan0 parent 7277:1 classid 7277:10 htb rate 1000000bit ceil 9999999bit prio 3 burst 5000 cburst 5000 quantum 1514'
const SIZES = 'linklayer ethernet burst 5000b/1 mpu 0b cburst 5000b/1 mpu 0b level 0 '
const FQ_CODEL =
  'qdisc replace dev lan0 parent 7277:10 handle 10: fq_codel limit 1000 flows 16 quantum 1514 target 5000us interval 100000us memory_limit 33554432 drop_batch 64 ecn'
const SHOWN = 'limit 1000p flows 16 quantum 1514 target 5ms interval 100ms memory_limit 32Mb'

describe('the monitors', () => {
  it('start each tool with arguments that all its versions take: nft 1.1 refuses `monitor destroy`', () => {
    expect([...tools.following]).toEqual([
      ['nft', ['monitor']],
      ['ip', ['-o', 'monitor', 'link']],
      ['tc', ['-d', 'monitor']],
    ])
  })

  it.each([
    ['nft', 'delete table inet rightofway'],
    ['nft', 'delete chain inet rightofway classify'],
    ['nft', 'insert rule inet rightofway classify accept'],
    ['nft', 'replace rule inet rightofway classify handle 5 accept'],
    ['nft', 'add chain inet rightofway made_by_0123456789ab'],
    ['nft', DELETED],
    ['nft', ADDED],
    ['nft', '# ERROR: We lost some netlink events!'],
    ['nft', 'add rule inet qos later meta priority set 1:1'],
    ['nft', 'add rule ip mangle POSTROUTING counter packets 0 bytes 0 xt target "CLASSIFY"'],
    ['ip', '7: lan0@if2: <BROADCAST> mtu 1500 qdisc htb state DOWN group default \\    link/ether 02:00:00:00:00:01'],
    ['ip', 'Deleted 7: wan0: <BROADCAST> mtu 1500 state DOWN'],
    ['ip', '7: a@b: <BROADCAST> mtu 1500 state UP'],
    ['ip', '7: a@b@if2: <BROADCAST> mtu 1500 state UP'],
    ['ip', '7: x*: <BROADCAST> mtu 1500 state UP'],
    ['tc', 'deleted qdisc htb 7277: dev lan0 root refcnt 2 r2q 10 default 0x2 '],
    ['tc', 'qdisc pfifo 8001: dev lan0 root refcnt 3 limit 1000p'],
    ['tc', 'class htb 7277:2 dev lan0 parent 7277:1 leaf 2: prio 0 rate 3Mbit ceil 10Mbit burst 1599b cburst 1600b '],
    ['tc', 'qdisc clsact ffff: dev x* parent ffff:fff1 '],
    ['tc', 'added filter dev lan0 parent 7277: protocol ip pref 1 u32 chain 0 fh 800::800 order 2048 flowid 7277:10 '],
    ['tc', 'filter dev wan0 parent 7278:1 protocol all pref 9 matchall chain 3 handle 0x1 flowid 7278:10 '],
    ['tc', 'added filter dev wan0 parent 10: protocol all pref 49152 matchall chain 0 handle 0x1 '],
    ['tc', 'added filter dev lan0 egress protocol all pref 49152 matchall chain 0 handle 0x1 '],
    ['tc', 'replaced filter dev lan0 egress protocol ip pref 1 flower chain 0 handle 0x1 '],
  ] as const)('report foreign changes of our objects: %s: %s', async (tool, line) => {
    tools.print(tool, line)
    await later()
    expect(disturbances).toHaveLength(1)
  })

  it.each([
    ['nft', 'delete table ip nat'],
    ['nft', 'delete table ip rightofway'],
    ['nft', 'add table inet rightofway2'],
    ['nft', 'delete element inet filter blocked { 10.0.0.2 }'],
    ['nft', 'add rule inet filter input tcp dport 22 accept'],
    ['nft', '# new generation 2 by process 21259 (nft)'],
    ['ip', '8: lan01: <BROADCAST> mtu 1500 state UP'],
    ['ip', '8: eth0.100@lan0: <BROADCAST> mtu 1500 state UP'],
    ['ip', '8: xy: <BROADCAST> mtu 1500 state UP'],
    ['ip', '8: eth3: <BROADCAST> mtu 1500 master br0 state UP'],
    ['tc', 'deleted qdisc htb 7277: dev eth9 root'],
    ['tc', 'qdisc fq_codel 0: dev eth0.100 root'],
    ['tc', 'added filter dev eth9 parent 7277: protocol ip pref 1 u32 chain 0 '],
    ['tc', 'deleted filter dev lan0 parent 7277: protocol ip pref 1 u32 chain 0 '],
    ['tc', 'added filter dev lan0 ingress protocol ip pref 1 flower chain 0 handle 0x1 '],
    ['tc', 'added filter dev eth9 egress protocol ip pref 1 flower chain 0 handle 0x1 '],
    ['tc', 'deleted filter dev lan0 egress protocol ip pref 1 flower chain 0 handle 0x1 '],
  ] as const)('report nothing about other objects: %s: %s', async (tool, line) => {
    tools.print(tool, line)
    await later()
    expect(disturbances).toEqual([])
  })

  it('report a burst of changes as one disturbance', async () => {
    for (let i = 0; i < 50; i++) tools.print('nft', DELETED)
    tools.print('nft', 'delete table inet rightofway')
    await later()
    expect(disturbances).toHaveLength(1)
  })

  it('report a foreign priority rule, whatever else comes with it: no repair of ours can end it', async () => {
    tools.print('nft', 'delete table inet rightofway')
    tools.print('nft', 'add rule inet qos later meta priority set 1:1')
    tools.print('nft', DELETED)
    await later()
    tools.print('nft', DELETED)
    await later()
    expect(disturbances).toEqual(['another program sets the priority of packets', 'elements were changed'])
  })

  it('report changes of a bridge itself, not of its ports', async () => {
    const bridge = (state: string, more = '') =>
      `4: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc htb state ${state} group default ${more}\\    link/ether 02`
    for (let port = 0; port < 10; port++) {
      tools.print('ip', `${10 + port}: p${port}@if2: <BROADCAST,UP> mtu 1500 master br0 state UP \\    link/ether 02`)
      tools.print('ip', bridge('UP', 'event FEATURE CHANGE '))
      tools.print('ip', bridge('UP'))
      await later()
    }
    expect(disturbances).toHaveLength(1)
    tools.print('ip', bridge('DOWN'))
    await later()
    expect(disturbances).toHaveLength(2)
  })

  it.each([
    [`add element inet rightofway addresses4 { ${KEY} timeout 60020ms : 7277:12 }`, 'nft', ADDED],
    [`delete element inet rightofway addresses4 { ${KEY} }`, 'nft', DELETED],
    [
      'delete element inet rightofway prefixes6 { 2001:db8:1:: . 64:ff9b::c000:200/120 }',
      'nft',
      'delete element inet rightofway prefixes6 { 2001:db8:1:: . 64:ff9b::192.0.2.0/120 timeout 1m expires 9s : 7277:12 }',
    ],
    [
      'delete element inet rightofway prefixes4 { 10.0.0.3 . 198.51.100.0/24 }',
      'nft',
      `delete element inet rightofway prefixes4 { 10.0.0.3 . 198.51.100.0-0x${'55ad5f80'.repeat(9)} [invalid type] : 7277:12,`,
    ],
    [
      'delete element inet rightofway ranges6 { 2001:db8:1:: . 64:ff9b::c000:200/120 . 0-65535 . 80-90 }',
      'nft',
      `delete element inet rightofway ranges6 { 2001:db8:1:: . 64:ff9b::192.0.2.0 . 0 . 80-0x${'55ad5f80'.repeat(9)} [invalid type] : 7277:12,`,
    ],
    [
      'add element inet rightofway marks4 { 7277:10 : goto cs4_4 }',
      'nft',
      'add element inet rightofway marks4 { 7277:10 : goto cs4_4 }',
    ],
    [
      CLASS,
      'tc',
      `class htb 7277:10 dev lan0 parent 7277:1 leaf 10: prio 3 quantum 1514 rate 1Mbit ceil 9999Kbit ${SIZES}`,
    ],
    [
      'class replace dev lan0 parent 7277: classid 7277:1 htb rate 1000000bit ceil 9999999bit prio 0 burst 5000 cburst 5000 quantum 1514',
      'tc',
      `class htb 7277:1 dev lan0 root rate 1Mbit ceil 9999Kbit ${SIZES}`,
    ],
    ['class del dev lan0 classid 7277:10', 'tc', `deleted class htb 7277:10 dev lan0 parent 7277:1 prio 3 rate 1Mbit `],
    [FQ_CODEL, 'tc', `qdisc fq_codel 10: dev lan0 parent 7277:10 ${SHOWN} ecn drop_batch 64 `],
    [FQ_CODEL, 'tc', 'deleted qdisc bfifo 10: dev lan0 parent 7277:10 limit 15140b'],
    ['qdisc del dev lan0 parent 7277:10', 'tc', 'deleted qdisc bfifo 10: dev lan0 parent 7277:10 limit 15140b'],
    ['qdisc del dev lan0 root', 'tc', 'qdisc noqueue 0: dev lan0 root refcnt 2 '],
    [
      'qdisc replace dev lan0 parent 7277:10 handle 10: bfifo limit 15140',
      'tc',
      'qdisc bfifo 10: dev lan0 parent 7277:10 limit 15140b',
    ],
    [
      'qdisc change dev lan0 parent 7277:10 handle 10: fq_codel target 18168us',
      'tc',
      'qdisc fq_codel 10: dev lan0 parent 7277:10 limit 1000p flows 16 quantum 1514 target 18.2ms interval 100ms memory_limit 32Mb ecn drop_batch 64 ',
    ],
    [
      'qdisc replace dev lan0 root handle 7277: htb default 2',
      'tc',
      'qdisc htb 7277: dev lan0 root r2q 10 default 0x2 direct_packets_stat 0 direct_qlen 1000',
    ],
  ] as const)('do not report our own changes: %s', async (text, tool, heard) => {
    tools.print(tool, heard)
    await later()
    expect(disturbances).toHaveLength(1)
    monitors.own([told(text)])
    tools.print(tool, heard)
    await later()
    expect(disturbances).toHaveLength(1)
  })

  it.each([
    [
      'another rate',
      CLASS,
      `class htb 7277:10 dev lan0 parent 7277:1 prio 3 quantum 1514 rate 2Mbit ceil 9999Kbit ${SIZES}`,
    ],
    [
      'another turn',
      CLASS,
      `class htb 7277:10 dev lan0 parent 7277:1 prio 3 quantum 9000 rate 1Mbit ceil 9999Kbit ${SIZES}`,
    ],
    [
      'another way to count',
      CLASS,
      `class htb 7277:10 dev lan0 parent 7277:1 prio 3 quantum 1514 rate 1Mbit overhead 14 ceil 9999Kbit ${SIZES}`,
    ],
    ['a class that goes', CLASS, 'deleted class htb 7277:10 dev lan0 parent 7277:1 prio 3 rate 1Mbit '],
    ['a leaf that goes', FQ_CODEL, `deleted qdisc fq_codel 10: dev lan0 parent 7277:10 ${SHOWN} ecn drop_batch 64 `],
    ['a leaf of another kind', FQ_CODEL, 'qdisc bfifo 10: dev lan0 parent 7277:10 limit 15140b'],
    [
      'a leaf with another handle',
      FQ_CODEL,
      `qdisc fq_codel 8001: dev lan0 parent 7277:10 ${SHOWN} ecn drop_batch 64 `,
    ],
    [
      'another limit',
      FQ_CODEL,
      `qdisc fq_codel 10: dev lan0 parent 7277:10 ${SHOWN.replace('1000p', '500p')} ecn drop_batch 64 `,
    ],
    [
      'another time',
      FQ_CODEL,
      `qdisc fq_codel 10: dev lan0 parent 7277:10 ${SHOWN.replace('5ms', '40ms')} ecn drop_batch 64 `,
    ],
    ['a word less', FQ_CODEL, `qdisc fq_codel 10: dev lan0 parent 7277:10 ${SHOWN} drop_batch 64 `],
    [
      'a word more',
      FQ_CODEL,
      `qdisc fq_codel 10: dev lan0 parent 7277:10 ${SHOWN} ce_threshold 999us ecn drop_batch 64 `,
    ],
  ])('report foreign changes of the same class right after ours: %s', async (_, text, heard) => {
    monitors.own([told(text)])
    tools.print('tc', heard)
    await later()
    expect(disturbances).toEqual(['a qdisc or class was changed'])
  })

  it('report a class that others set back to its state before our last change', async () => {
    const [slow, fast] = [CLASS, CLASS.replace('rate 1000000bit', 'rate 2000000bit')]
    const line = (rate: string) =>
      `class htb 7277:10 dev lan0 parent 7277:1 prio 3 quantum 1514 rate ${rate} ceil 9999Kbit ${SIZES}`
    monitors.own([told(slow)])
    monitors.own([told(fast)])
    for (const rate of ['1Mbit', '1Mbit', '2Mbit', '2Mbit']) tools.print('tc', line(rate))
    await later()
    expect(disturbances).toEqual([])
    tools.print('tc', line('1Mbit'))
    await later()
    expect(disturbances).toHaveLength(1)
  })

  it('report a leaf that others delete as soon as we have replaced it twice', async () => {
    const leaf = 'qdisc replace dev lan0 parent 7277:10 handle 10: bfifo limit 15140'
    const shown = 'qdisc bfifo 10: dev lan0 parent 7277:10 limit 15140b'
    monitors.own([told(leaf)])
    tools.print('tc', shown)
    monitors.own([told('qdisc del dev lan0 parent 7277:10'), told(leaf)])
    // A foreign replacement is removed.
    for (const handle of ['8032', '0'])
      tools.print('tc', `deleted qdisc pfifo ${handle}: dev lan0 parent 7277:10 limit 10p`)
    tools.print('tc', shown)
    await later()
    expect(disturbances).toEqual([])
    tools.print('tc', `deleted ${shown}`)
    await later()
    expect(disturbances).toHaveLength(1)
  })

  it('report foreign changes of the same element, at once after ours and later', async () => {
    const own = [told(`delete element inet rightofway addresses4 { ${KEY} }`)]
    monitors.own(own)
    tools.print('nft', DELETED)
    tools.print('nft', DELETED)
    await later()
    expect(disturbances).toEqual(['elements were changed'])
    // nft 1.0 prints nothing for some maps: expected changes time out.
    monitors.own(own).end()
    await later(6_000)
    tools.print('nft', DELETED)
    await later()
    expect(disturbances).toHaveLength(2)
  })

  it('wait for a slow tool: its late change is no disturbance', async () => {
    const telling = monitors.own([told(`delete element inet rightofway addresses4 { ${KEY} }`)])
    await later(9_000)
    telling.end()
    await later(4_000)
    tools.print('nft', DELETED)
    await later()
    expect(disturbances).toEqual([])
  })

  it('learn when the kernel took a change, which is before the tool ends', async () => {
    const begun = Date.now()
    const take = () =>
      monitors.own([told(`add element inet rightofway addresses4 { ${KEY} timeout 1000ms : 7277:12 }`)])
    const telling = take()
    await later(1_000)
    expect(telling.takenAt).toBeUndefined()
    tools.print('nft', ADDED)
    await telling.heard
    await later(500)
    telling.end()
    tools.print('nft', ADDED)
    expect(telling).toMatchObject({ toldAt: begun, takenAt: begun + 1_000, endedAt: begun + 1_500 })
    // Heard late, because we were busy.
    const late = take()
    late.end()
    await later(100)
    tools.print('nft', ADDED)
    expect(late.takenAt).toBe(begun + 1_500)
  })

  it('learn it for a map that nft 1.0 does not print, from the new generation of the ruleset', async () => {
    const begun = Date.now()
    const telling = monitors.own([told(`add element inet rightofway prefixes4 { ${KEY} timeout 1000ms : 7277:12 }`)])
    await later(1_000)
    tools.print('nft', '# new generation 2 by process 21259 (nft)')
    await later(100)
    tools.print('nft', '# new generation 3 by process 21260 (nft)')
    expect(telling.takenAt).toBe(begun + 1_000)
    expect(disturbances).toEqual([])
  })
})

describe('a monitor that ends', () => {
  it('is started again, and everything is read: changes may have been missed meanwhile', async () => {
    tools.end('nft')
    expect(tools.following.has('nft')).toBe(false)
    await later(1_500)
    expect(tools.following.has('nft')).toBe(true)
    expect(disturbances).toEqual(['nft had stopped watching'])
  })

  it('is a trouble until it certainly runs, and the kernel is polled meanwhile', async () => {
    for (let i = 0; i < 5; i++) {
      tools.complain('nft', 'Error: syntax error, unexpected destroy')
      tools.end('nft', 'Error: syntax error, unexpected destroy')
      expect(monitors.troubles).toEqual([
        '`nft monitor` ended (Error: syntax error, unexpected destroy): changes of the kernel are found by looking',
      ])
      await later(12_000)
    }
    expect(logged.filter((line) => line.includes('ended'))).toHaveLength(5)
    expect(looks).toBeGreaterThan(10)
    await later(30_000)
    expect(monitors.troubles).toEqual([])
    expect(disturbances.at(-1)).toBe('nft watches again')
    looks = 0
    await later(60_000)
    expect(looks).toBe(0)
  })

  it('is reported once, while it ends for the same reason', async () => {
    tools.end('tc', 'no')
    await later(1_500)
    tools.end('tc', 'no')
    await later(2_500)
    tools.end('tc', 'no')
    expect(logged).toEqual(['`tc -d monitor` ended: it is started again'])
  })

  it('has everything read when it reports lost messages', async () => {
    tools.complain('ip', 'netlink receive error No buffer space available (105)')
    await later()
    expect(disturbances).toEqual(['ip complained: netlink receive error No buffer space available (105)'])
  })

  it('stays ended once the monitors are closed, whichever of them ended before', async () => {
    for (const tool of ['nft', 'ip', 'tc'] as const) tools.end(tool)
    monitors.close()
    tools.print('ip', '7: lan0: <BROADCAST> mtu 1500 state DOWN')
    await later(60_000)
    expect(disturbances).toEqual([])
    expect(looks).toBe(0)
    expect(tools.following.size).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})
