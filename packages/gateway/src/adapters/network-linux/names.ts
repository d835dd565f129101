// What things of ours are called in the kernel. By these names, and by nothing else, is told what is ours.

import type { Qos } from '../../domain/profile.js'

/** Our table is `inet rightofway`. */
export const TABLE = 'rightofway'

/** Handle of our root qdiscs, hexadecimal: the letters "rw". No administrator's HTB is likely to have it. */
export const MAJOR = '7277'
/** The class all others are in: the capacity of the link. */
export const ROOT_MINOR = 0x1
/** The class of everybody without a session. */
export const DEFAULT_MINOR = 0x2
/** Classes of sessions have minors from here. Minor 0 is never given: it would bypass HTB. */
export const FIRST_MINOR = 0x10
/** ffff is the handle of ingress qdiscs, and a class's leaf has the class's minor for a handle. */
export const LAST_MINOR = 0xfffe

export const hex = (minor: number): string => minor.toString(16)

export const classId = (minor: number): string => `${MAJOR}:${hex(minor)}`

/** The minor of a class of ours; undefined if it is not ours, or not a session's. */
export function sessionMinor(id: string): number | undefined {
  const match = /^([0-9a-f]+):([0-9a-f]+)$/.exec(id)
  const minor = match?.[1] === MAJOR ? Number.parseInt(match[2] as string, 16) : 0
  return isSessionsMinor(minor) ? minor : undefined
}

export const isSessionsMinor = (minor: number): boolean => minor >= FIRST_MINOR && minor <= LAST_MINOR

/** A leaf has its class's minor for a handle, and the root has this one. */
export const isUsableMinor = (minor: number): boolean => minor !== Number.parseInt(MAJOR, 16)

/** DSCP of a service class, by the name that nft has for it (CAMARA qos-profiles, `serviceClass`; RFC 4594). */
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
