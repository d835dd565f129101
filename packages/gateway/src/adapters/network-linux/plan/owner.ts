// Who drives this machine. The table has a map with one key. The kernel refuses another value for a key that is there, so
// that of two gateways that claim the table at once one is refused.

import { createHash } from 'node:crypto'
import { TABLE } from './names.js'
import type { Line } from './operations.js'

export interface Owner {
  /** 32 bits, other than those of every other gateway. */
  readonly mark: number
  /** Path of its reservation table, for people to read. */
  readonly file: string
}

/** A gateway that was killed owns the table for at most this long. */
export const OWNER_MS = 60_000
/** How often the claim is renewed. */
export const RENEW_MS = 20_000

export const OWNER_MAP = 'owner'
export const ownerMapText = `  map ${OWNER_MAP} {
    typeof meta mark : meta mark
    flags timeout
  }
`

/** Of the comment of an element (libnftnl, NFTNL_UDATA_COMMENT_MAXLEN), without the NUL at its end. */
const COMMENT_BYTES = 127
/** As nft prints it. */
const KEY = hex32(1)
const ELEMENT = `element inet ${TABLE} ${OWNER_MAP}`

/**
 * @param id random, of the reservation table
 * @param file its absolute path: a copy of the file is another owner
 */
export const ownerOf = (id: string, file: string): Owner => ({
  mark: createHash('sha256').update(`${id} ${file}`).digest().readUInt32BE(0),
  file,
})

/** Refused by the kernel with EEXIST if another owner has the table. */
export const guardLine = ({ mark }: Owner): Line => ({ text: `add ${ELEMENT} { ${KEY} : ${hex32(mark)} }` })

/** Claim the table, or renew the claim. Refused as {@link guardLine}. */
export const claimLines = (owner: Owner): Line[] => [...releaseLines(owner), { text: claimText(owner) }]

/** Give the table up. Refused as {@link guardLine}. */
export const releaseLines = (owner: Owner): Line[] => [guardLine(owner), { text: `delete ${ELEMENT} { ${KEY} }` }]

const claimText = ({ mark, file }: Owner): string =>
  `add ${ELEMENT} { ${KEY} timeout ${OWNER_MS / 1000}s comment "${commentOf(file)}" : ${hex32(mark)} }`

/** The end of a path says more than its beginning. nft knows no escape for a quote. */
function commentOf(file: string): string {
  const printable = file.replace(/["\\\p{Cc}]/gu, '?')
  const bytes = Buffer.from(printable)
  return bytes.length <= COMMENT_BYTES
    ? printable
    : `...${bytes
        .subarray(3 - COMMENT_BYTES)
        .toString('latin1')
        .replace(/[^ -~]/g, '?')}`
}

function hex32(number: number): string {
  return `0x${number.toString(16).padStart(8, '0')}`
}
