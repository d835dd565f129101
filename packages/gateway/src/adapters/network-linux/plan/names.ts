// The names of our objects in the kernel. Objects are recognised as ours by these names, and by nothing else.

import type { Qos } from '../../../domain/profile.js'

/** Our table is `inet rightofway`. */
export const TABLE = 'rightofway'
/** The map with the owner of the table. */
export const OWNER_MAP = 'owner'
/** The maps from class to mark: this prefix, and the IP version. */
export const MARKS_MAP = 'marks'

/**
 * Handle of the tree towards the first devices, hexadecimal: the letters "rw". Elements have it in their classes, and
 * the table replaces it with the handle of the packet's interface.
 */
export const MAJOR = '7277'
/**
 * Handles of our root qdiscs: one for each interface, because a packet keeps its class on the devices below, where it
 * must have no meaning. No administrator's HTB is likely to have one of these.
 */
export const [FIRST_HANDLE, LAST_HANDLE] = [Number.parseInt(MAJOR, 16), 0x7376]

/** The handles of interfaces, hexadecimal, by their names. */
export const handlesOf = ({ towardsDevices, towardsServers }: Interfaces): ReadonlyMap<string, string> => {
  const [first, ...others] = towardsDevices
  return new Map([first, towardsServers, ...others].map((side, index) => [side.interface, hex(FIRST_HANDLE + index)]))
}

interface Interfaces {
  readonly towardsDevices: readonly [Named, ...Named[]]
  readonly towardsServers: Named
}
interface Named {
  readonly interface: string
}

/** Whether a root qdisc's handle, such as `7278:`, is one of ours. */
export function isOurHandle(handle: string): boolean {
  const number = /^[0-9a-f]+:$/.test(handle) ? Number.parseInt(handle, 16) : 0
  return number >= FIRST_HANDLE && number <= LAST_HANDLE
}
/** The root class, the parent of all others: the capacity of the link. */
export const ROOT_MINOR = 0x1
/** The default class: of packets without a session (`default` of tc-htb(8)). */
export const DEFAULT_MINOR = 0x2
/** Classes of sessions have minors from here. Minor 0 is never given: it would bypass HTB. */
export const FIRST_MINOR = 0x10
/** ffff is the handle of ingress qdiscs, and a class's leaf has the class's minor for a handle. */
export const LAST_MINOR = 0xfffe

export const hex = (minor: number): string => minor.toString(16)

/** nft's format of a number of 32 bits. */
export const hex32 = (number: number): string => `0x${number.toString(16).padStart(8, '0')}`

/** @param handle of the interface's tree. Default: the one in elements */
export const classId = (minor: number, handle = MAJOR): string => `${handle}:${hex(minor)}`

/** The minor of a class of ours; undefined if it is foreign, or not a session's. */
export function sessionMinor(id: string): number | undefined {
  const match = /^([0-9a-f]+):([0-9a-f]+)$/.exec(id)
  const minor = match?.[1] === MAJOR ? Number.parseInt(match[2] as string, 16) : 0
  return isSessionsMinor(minor) ? minor : undefined
}

export const isSessionsMinor = (minor: number): boolean => minor >= FIRST_MINOR && minor <= LAST_MINOR

/**
 * The priority bands that other qdiscs derive from the class in `skb->priority`, which a packet keeps on the devices
 * below ours: pfifo_fast, prio, fq and mqprio use its last four bits, as if an application had set them
 * (linux/pkt_sched.h, `prio2band`). With these they would send it after the default class's packets.
 */
const SERVED_LAST_BELOW: ReadonlySet<number> = new Set([1, 2, 3, 5])

const goesLastBelow = (minor: number): boolean => SERVED_LAST_BELOW.has(minor & 0xf)

/** The minors of sessions, in the order in which they are assigned. */
const MINORS: readonly number[] = [false, true].flatMap((last) =>
  Array.from({ length: LAST_MINOR - FIRST_MINOR + 1 }, (_, index) => FIRST_MINOR + index).filter(
    // A leaf has its class's minor as its handle, and the roots have these.
    (minor) => goesLastBelow(minor) === last && !isOurHandle(`${hex(minor)}:`),
  ),
)
const RANKS: ReadonlyMap<number, number> = new Map(MINORS.map((minor, rank) => [minor, rank]))

/** The `rank`th minor in the order of assignment, from 0; undefined if there are no more. */
export const minorAt = (rank: number): number | undefined => MINORS[rank]

/** The rank of a minor in the order of assignment; undefined if sessions cannot have it. */
export const rankOf = (minor: number): number | undefined => RANKS.get(minor)

/** DSCP of a service class, by nft's name for it (CAMARA qos-profiles, `serviceClass`; RFC 4594). */
export const DSCP: Readonly<Record<NonNullable<Qos['serviceClass']>, string>> = {
  microsoft_voice: 'cs7',
  microsoft_audio_video: 'cs5',
  real_time_interactive: 'cs4',
  multimedia_streaming: 'af31',
  broadcast_video: 'cs3',
  low_latency_data: 'af21',
  high_throughput_data: 'af11',
  low_priority_data: 'cs1',
  standard: 'cs0',
}
