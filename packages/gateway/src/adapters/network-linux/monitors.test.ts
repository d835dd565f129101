import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Monitors } from './monitors.js'
import { type Scripted, scriptedTools } from './scripted-tools.fixture.js'

let tools: Scripted
let monitors: Monitors
let disturbances: string[]

beforeEach(() => {
  vi.useFakeTimers()
  disturbances = []
  tools = scriptedTools()
  monitors = new Monitors({
    tools,
    interfaces: ['lan0', 'wan0'],
    onDisturbed: (what) => void disturbances.push(what),
  })
})
afterEach(() => {
  monitors.close()
  vi.useRealTimers()
})

const later = () => vi.advanceTimersByTime(2_000)
const DELETED = 'delete element inet rightofway addresses4 { 10.0.0.2 . 198.51.100.7 }'

describe('the monitors', () => {
  it.each([
    ['nft', 'delete table inet rightofway'],
    ['nft', 'delete chain inet rightofway classify'],
    ['nft', DELETED],
    ['ip', '7: lan0@if2: <BROADCAST> mtu 1500 state DOWN'],
    ['ip', 'Deleted 7: wan0: <BROADCAST> mtu 1500'],
    ['tc', 'deleted qdisc htb 7277: dev lan0 root'],
  ] as const)('tell of what others did to what is ours: %s: %s', (tool, line) => {
    tools.print(tool, line)
    later()
    expect(disturbances).toHaveLength(1)
  })

  it.each([
    ['nft', 'delete table ip nat'],
    ['nft', 'delete element inet filter blocked { 10.0.0.2 }'],
    ['nft', 'add element inet rightofway addresses4 { 10.0.0.2 . 198.51.100.7 }'],
    ['ip', '8: lan01: <BROADCAST> mtu 1500 state UP'],
    ['tc', 'deleted qdisc pfifo 8001: dev lan0 parent 1:2'],
    ['tc', 'deleted qdisc htb 7277: dev eth9 root'],
  ] as const)('say nothing about what is not: %s: %s', (tool, line) => {
    tools.print(tool, line)
    later()
    expect(disturbances).toEqual([])
  })

  it('take much at once for one disturbance', () => {
    for (let i = 0; i < 50; i++) tools.print('nft', DELETED)
    tools.print('nft', 'delete table inet rightofway')
    later()
    expect(disturbances).toHaveLength(1)
  })

  it('do not mind what we delete ourselves, whether they hear of it before or after we do', () => {
    const own = [{ text: DELETED }, { text: DELETED.replace('10.0.0.2', '10.0.0.3') }]
    tools.print('nft', DELETED)
    monitors.own(own)
    tools.print('nft', DELETED)
    later()
    expect(disturbances).toEqual([])
    tools.print('nft', DELETED)
    later()
    expect(disturbances).toEqual(['elements were deleted'])
  })

  it('begin again when a tool has ended, and have everything looked at: nobody watched meanwhile', () => {
    tools.end('nft')
    expect(tools.following.has('nft')).toBe(false)
    later()
    expect(tools.following.has('nft')).toBe(true)
    expect(disturbances).toEqual(['nft had stopped watching'])
  })

  it('follow nothing any more once they are closed', () => {
    tools.end('nft')
    monitors.close()
    tools.print('ip', '7: lan0: <BROADCAST> mtu 1500 state DOWN')
    later()
    expect(disturbances).toEqual([])
    for (const tool of ['nft', 'ip', 'tc'] as const) expect(tools.following.has(tool)).toBe(false)
  })
})
