import { type Instant, instant, type ReservationId } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { NOON } from '../../../domain/session.fixture.js'
import type { Egress } from './egress.js'
import { type Element, elementId } from './elements.js'
import type { ClassSpec } from './htb.js'
import type { Leaf } from './leaf.js'
import { settingEndOf } from './operations.js'
import { classKey, NOT_OURS, type PlacedClass, type PlacedElement, plan, planElements, type State } from './plan.js'
import { render } from './render.js'

const LAN: Egress = {
  interface: 'lan0',
  handle: '7277',
  capacityBps: 10_000_000,
  reservedBps: 1_000_000,
  mtu: 1_500,
  gsoMaxSize: 65_536,
  leaf: 'bfifo',
}
const WAN: Egress = { ...LAN, interface: 'wan0', handle: '7278', leaf: 'fq_codel' }
const bfifo = (limit: number): Leaf => ({ kind: 'bfifo', attributes: { limit } })
const SPEC: ClassSpec = {
  rateBps: 2_000_000,
  ceilBps: 4_000_000,
  priority: 1,
  burst: 3_028,
  cburst: 3_028,
  quantum: 1_514,
  leaf: bfifo(15_140),
}

const ID = 'rsv-1' as ReservationId
const FLOW: Element = { map: 'server_port4', key: '10.0.0.2 . 198.51.100.7 . 443' }
const RANGE: Element = { map: 'ranges4', key: '10.0.0.2 . 198.51.100.0/24 . 0-65535 . 1000-2000' }

const element = (of: Element, seconds: number, minor = 0x10): PlacedElement => ({
  ...of,
  minor,
  endsAt: instant(NOON + seconds * 1_000),
  of: ID,
})

interface Parts {
  readonly elements?: readonly PlacedElement[]
  readonly classes?: readonly PlacedClass[]
  readonly marks?: readonly (readonly [number, string])[]
}

const state = ({ elements = [], classes = [], marks = [] }: Parts): State => ({
  elements: new Map(elements.map((placed) => [elementId(placed), placed])),
  classes: new Map(classes.map((placed) => [classKey(placed.egress.interface, placed.minor), placed])),
  marks: new Map(marks),
})

const said = (wanted: Parts, present: Parts, toleranceMs?: number): { tc: string[]; nft: string[] } => {
  const { tc, nft } = plan(state(wanted), state(present), { now: NOON, ...(toleranceMs && { toleranceMs }) })
  return { tc: tc.map(render), nft: nft.map(render) }
}

describe('a plan of elements', () => {
  it('adds what is missing, with the remaining time and the ticks that the kernel rounds away', () => {
    expect(said({ elements: [element(FLOW, 60)] }, {}).nft).toEqual([
      'add element inet rightofway server_port4 { 10.0.0.2 . 198.51.100.7 . 443 timeout 60020ms : 7277:10 }',
    ])
  })

  it('is empty if nothing differs', () => {
    expect(said({ elements: [element(FLOW, 60)] }, { elements: [element(FLOW, 60)] })).toEqual({ tc: [], nft: [] })
  })

  it('removes unwanted elements by adding them first: an expired one must not abort the transaction', () => {
    expect(said({}, { elements: [element(FLOW, 60)] }).nft).toEqual([
      'add element inet rightofway server_port4 { 10.0.0.2 . 198.51.100.7 . 443 : 7277:10 }',
      'delete element inet rightofway server_port4 { 10.0.0.2 . 198.51.100.7 . 443 }',
    ])
  })

  it('leaves elements that have expired to the kernel, wanted or not', () => {
    expect(said({}, { elements: [element(FLOW, 0)] }).nft).toEqual([])
    expect(said({ elements: [element(FLOW, 0)] }, {}).nft).toEqual([])
  })

  it('moves an end by removing and adding in one transaction', () => {
    expect(said({ elements: [element(FLOW, 120)] }, { elements: [element(FLOW, 60)] }).nft).toEqual([
      'add element inet rightofway server_port4 { 10.0.0.2 . 198.51.100.7 . 443 : 7277:10 }',
      'delete element inet rightofway server_port4 { 10.0.0.2 . 198.51.100.7 . 443 }',
      'add element inet rightofway server_port4 { 10.0.0.2 . 198.51.100.7 . 443 timeout 120020ms : 7277:10 }',
    ])
  })

  it('counts an end that is set again from when the kernel will take it, and a new one from now', () => {
    const wanted = state({ elements: [element(FLOW, 60), element(RANGE, 60)] })
    const present = state({ elements: [element(FLOW, 63)] })
    const operations = planElements(wanted, present, { now: NOON, leadOf: () => 2_400 })
    expect(operations.filter((operation) => settingEndOf(operation) !== undefined)).toMatchObject([
      { timeoutMs: 57_620 },
      { timeoutMs: 60_020 },
    ])
  })

  it('leaves an end that differs by no more than the tolerance', () => {
    const change = [{ elements: [element(FLOW, 61)] }, { elements: [element(FLOW, 60)] }] as const
    expect(said(...change, 1_000).nft).toEqual([])
    expect(said(...change, 999).nft).toHaveLength(3)
  })

  it('moves an element to another class by way of its present class, which avoids "File exists"', () => {
    expect(said({ elements: [element(RANGE, 60, 0x11)] }, { elements: [element(RANGE, 60)] }).nft).toEqual([
      'add element inet rightofway ranges4 { 10.0.0.2 . 198.51.100.0/24 . 0-65535 . 1000-2000 : 7277:10 }',
      'delete element inet rightofway ranges4 { 10.0.0.2 . 198.51.100.0/24 . 0-65535 . 1000-2000 }',
      'add element inet rightofway ranges4 { 10.0.0.2 . 198.51.100.0/24 . 0-65535 . 1000-2000 timeout 60020ms : 7277:11 }',
    ])
  })

  it('removes every element before it adds one, because they may conflict', () => {
    const wider: Element = { map: 'ranges4', key: '10.0.0.2 . 198.51.100.0/24 . 0-65535 . 0-5000' }
    const { nft } = said({ elements: [element(wider, 60, 0x11)] }, { elements: [element(RANGE, 60)] })
    expect(nft.map((line) => line.split(' ')[0])).toEqual(['add', 'delete', 'add'])
    expect(nft.at(-1)).toContain('timeout')
  })

  it('removes a foreign element without adding it: its class is unknown', () => {
    expect(said({}, { elements: [{ ...element(FLOW, 60), minor: NOT_OURS }] }).nft).toEqual([
      'delete element inet rightofway server_port4 { 10.0.0.2 . 198.51.100.7 . 443 }',
    ])
  })
})

describe('a plan of classes', () => {
  const placed = (spec: Partial<ClassSpec> = {}, egress = LAN): PlacedClass => ({
    egress,
    minor: 0x10,
    spec: { ...SPEC, ...spec },
    of: ID,
  })

  it('creates a missing class, with its queue', () => {
    expect(said({ classes: [placed()] }, {}).tc).toEqual([
      'class replace dev lan0 parent 7277:1 classid 7277:10 ' +
        'htb rate 2000000bit ceil 4000000bit prio 1 burst 3028 cburst 3028 quantum 1514',
      'qdisc replace dev lan0 parent 7277:10 handle 10: bfifo limit 15140',
    ])
  })

  it('changes rates without changing the queue, and the queue without changing rates', () => {
    const changed = said({ classes: [placed({ rateBps: 3_000_000 })] }, { classes: [placed()] }).tc
    expect(changed).toEqual([expect.stringContaining('rate 3000000bit')])
    const longer = said({ classes: [placed({ leaf: bfifo(20_000) })] }, { classes: [placed()] }).tc
    expect(longer).toEqual(['qdisc change dev lan0 parent 7277:10 handle 10: bfifo limit 20000'])
  })

  it('keeps unwanted classes: no element refers to them, and the next session may', () => {
    expect(said({}, { classes: [placed()] }).tc).toEqual([])
  })

  it('keeps one interface apart from another', () => {
    const both = said({ classes: [placed(), placed({}, WAN)] }, { classes: [placed()] }).tc
    expect(both).toHaveLength(2)
    expect(both.every((line) => line.includes('dev wan0'))).toBe(true)
  })
})

describe('a plan of marks', () => {
  it('marks the packets of a class in both families, and stops when it is no longer wanted', () => {
    expect(said({ marks: [[0x10, 'cs4']] }, {}).nft).toEqual([
      'add element inet rightofway marks4 { 7277:10 : goto cs4_4 }',
      'add element inet rightofway marks6 { 7277:10 : goto cs4_6 }',
    ])
    expect(said({}, { marks: [[0x10, 'cs4']] }).nft).toEqual([
      'delete element inet rightofway marks4 { 7277:10 }',
      'delete element inet rightofway marks6 { 7277:10 }',
    ])
  })

  it('changes a mark between the removals and the additions of elements', () => {
    const { nft } = said(
      { marks: [[0x10, 'cs4']], elements: [element(FLOW, 60)] },
      { marks: [[0x10, 'af21']], elements: [element(RANGE, 60)] },
    )
    expect(nft.map((line) => line.split(' ').slice(0, 5).join(' '))).toEqual([
      'add element inet rightofway ranges4',
      'delete element inet rightofway ranges4',
      'delete element inet rightofway marks4',
      'add element inet rightofway marks4',
      'delete element inet rightofway marks6',
      'add element inet rightofway marks6',
      'add element inet rightofway server_port4',
    ])
  })
})

it('names the reservation of every operation that has one, so that a culprit can be identified', () => {
  const wanted = state({ elements: [element(FLOW, 60)], classes: [{ egress: LAN, minor: 0x10, spec: SPEC, of: ID }] })
  const { tc, nft } = plan(wanted, state({}), { now: NOON as Instant })
  expect([...tc, ...nft].map(({ of }) => of)).toEqual([ID, ID, ID])
})
