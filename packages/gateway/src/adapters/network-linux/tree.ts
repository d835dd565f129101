// The HTB tree of an interface, as lines for `tc -batch`: one class with the capacity, below it one for everybody and
// one for each session.
//
//   7277:    htb, default 2
//   7277:1   rate = ceil = capacity
//   7277:2   everybody: rate = what is kept for them, ceil = capacity, served last
//   7277:10  a session: rate = its guarantee, ceil = its maximum
//    ...
//
// HTB lets a class send within its rate whatever the others do, and then shares what is left by priority.

import type { DirectionQos, Qos } from '../../domain/profile.js'
import { classId, DEFAULT_MINOR, hex, MAJOR, ROOT_MINOR } from './names.js'

/** How packets wait inside a class. `fq_codel` keeps the delay low by itself; `bfifo` is a queue of bounded length. */
export type Leaf = 'fq_codel' | 'bfifo'

/** An interface and the direction that it sends in. */
export interface Egress {
  readonly interface: string
  /** What it can carry, in bits per second. */
  readonly capacityBps: number
  /** Of that, what everybody without a session is sure of. */
  readonly reservedBps: number
  /** Bytes; of the link. */
  readonly mtu: number
  readonly leaf: Leaf
}

/** What a class grants. All of it can be changed while packets flow. */
export interface ClassSpec {
  readonly rateBps: number
  readonly ceilBps: number
  /** 0 to 7, lower goes first. */
  readonly priority: number
  /** Bytes that may wait. */
  readonly limit: number
}

/** HTB has no class without a rate; this much is nothing. */
const NO_GUARANTEE_BPS = 8_000
const ETHERNET_HEADER = 14
/** Sessions share the priorities before this one, which is everybody's. */
const LAST_PRIORITY = 7
/** How long a packet of a profile without a delay budget may wait. */
const DEFAULT_DELAY_MS = 50
/** How long one of everybody's may. */
const EVERYBODY_DELAY_MS = 100
/** A queue shorter than this many packets drops bursts that the link could carry. */
const SHORTEST_QUEUE = 10
/**
 * A class may send that much time's worth at once. What its timer comes late by, it catches up on; with 1 ms, a machine
 * whose processors were shared kept 13.6 of 20 Mbit/s.
 */
const BURST_MS = 4
/** When it is its turn to share what is left, that much time's worth, but ... */
const TURN_MS = 1
/** ... no more bytes than these: turns would last too long. */
const LARGEST_QUANTUM = 60_000

const bytesIn = (bps: number, ms: number): number => Math.ceil((bps / 8) * (ms / 1000))

const frame = ({ mtu }: Egress): number => mtu + ETHERNET_HEADER

/** What a session's class in one direction is. */
export function classSpec({ guaranteed, maximum }: DirectionQos, qos: Qos, egress: Egress): ClassSpec {
  const rateBps = Math.max(guaranteed, NO_GUARANTEE_BPS)
  const { capacityBps, leaf } = egress
  const delayMs = qos.delayBudgetMs ?? DEFAULT_DELAY_MS
  return {
    rateBps,
    ceilBps: Math.max(rateBps, Math.min(maximum ?? capacityBps, capacityBps)),
    // 100 priorities of profiles (1 goes first) share 7 of HTB's.
    priority: Math.floor(((Math.min(Math.max(qos.priority, 1), 100) - 1) * LAST_PRIORITY) / 100),
    limit: leaf === 'bfifo' ? Math.max(SHORTEST_QUEUE * frame(egress), bytesIn(rateBps, delayMs)) : 0,
  }
}

/** The class that is there before anybody has asked for it. */
export const idleSpec = (egress: Egress): ClassSpec =>
  classSpec({ guaranteed: 0 as DirectionQos['guaranteed'] }, { priority: 100 } as Qos, egress)

export const sameSpec = (a: ClassSpec, b: ClassSpec): boolean =>
  a.rateBps === b.rateBps && a.ceilBps === b.ceilBps && a.priority === b.priority && a.limit === b.limit

/** Everybody's class. */
const everybody = (egress: Egress): ClassSpec => ({
  rateBps: Math.max(egress.reservedBps, NO_GUARANTEE_BPS),
  ceilBps: egress.capacityBps,
  priority: LAST_PRIORITY,
  limit: Math.max(SHORTEST_QUEUE * frame(egress), bytesIn(egress.capacityBps, EVERYBODY_DELAY_MS)),
})

/** Lines that give an interface its tree, without sessions and without the queue of everybody's class. */
export function trunkLines(egress: Egress): string[] {
  const { interface: dev, capacityBps } = egress
  const whole: ClassSpec = { rateBps: capacityBps, ceilBps: capacityBps, priority: 0, limit: 0 }
  return [
    `qdisc replace dev ${dev} root handle ${MAJOR}: htb default ${hex(DEFAULT_MINOR)}`,
    `class replace dev ${dev} parent ${MAJOR}: classid ${classId(ROOT_MINOR)} ${htb(whole, egress)}`,
    ...classLines(DEFAULT_MINOR, everybody(egress), egress, false),
  ]
}

/** The line that gives everybody's class its queue. */
export const everybodyLine = (egress: Egress): string => leafLine(DEFAULT_MINOR, everybody(egress), egress)

/**
 * Lines that make a class what it should be, whether it was there or not.
 * @param withLeaf whether its queue is to be made or changed as well
 */
export function classLines(minor: number, spec: ClassSpec, egress: Egress, withLeaf: boolean): string[] {
  const { interface: dev } = egress
  const line = `class replace dev ${dev} parent ${classId(ROOT_MINOR)} classid ${classId(minor)} ${htb(spec, egress)}`
  return withLeaf ? [line, leafLine(minor, spec, egress)] : [line]
}

function htb({ rateBps, ceilBps, priority }: ClassSpec, egress: Egress): string {
  const burst = (bps: number) => Math.max(2 * frame(egress), bytesIn(bps, BURST_MS))
  const quantum = Math.min(LARGEST_QUANTUM, Math.max(frame(egress), bytesIn(rateBps, TURN_MS)))
  return (
    `htb rate ${rateBps}bit ceil ${ceilBps}bit prio ${priority} ` +
    `burst ${burst(rateBps)} cburst ${burst(ceilBps)} quantum ${quantum}`
  )
}

/** For slow classes one packet takes longer than the 5 ms that fq_codel aims at. */
function leafLine(minor: number, { rateBps, limit }: ClassSpec, egress: Egress): string {
  const { interface: dev, leaf } = egress
  const targetMs = Math.max(5, Math.ceil((1.5 * frame(egress) * 8 * 1000) / rateBps))
  const queue =
    leaf === 'bfifo'
      ? `bfifo limit ${limit}`
      : `fq_codel limit 1000 flows 16 target ${Math.min(targetMs, EVERYBODY_DELAY_MS)}ms`
  return `qdisc replace dev ${dev} parent ${classId(minor)} handle ${hex(minor)}: ${queue}`
}
