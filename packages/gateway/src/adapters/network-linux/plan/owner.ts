// Who drives this machine. The table has a map with one key. The kernel refuses another value for a key that is there, so
// that of two gateways that claim the table at once one is refused.

import { createHash } from 'node:crypto'
import { hex32 } from './names.js'
import type { NftOperation } from './operations.js'

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

/** Of the comment of an element (libnftnl, NFTNL_UDATA_COMMENT_MAXLEN), without the NUL at its end. */
const COMMENT_BYTES = 127
/** Of the one element, as nft prints it. */
export const OWNER_KEY = hex32(1)

/**
 * @param id random, of the reservation table
 * @param file its absolute path: a copy of the file is another owner
 */
export const ownerOf = (id: string, file: string): Owner => ({
  mark: createHash('sha256').update(`${id} ${file}`).digest().readUInt32BE(0),
  file,
})

/** Refused by the kernel with EEXIST if another owner has the table. */
export const guard = ({ mark }: Owner): NftOperation => ({ verb: 'add', object: 'owner', mark })

/** Claim the table, or renew the claim. Refused as {@link guard}. */
export const claim = (owner: Owner): NftOperation[] => [
  ...release(owner),
  { verb: 'add', object: 'owner', timeoutMs: OWNER_MS, ...owner },
]

/** Give the table up. Refused as {@link guard}. */
export const release = (owner: Owner): NftOperation[] => [guard(owner), { verb: 'delete', object: 'owner' }]

/** The end of a path says more than its beginning. nft knows no escape for a quote. */
export function commentOf(file: string): string {
  const printable = file.replace(/["\\\p{Cc}]/gu, '?')
  const bytes = Buffer.from(printable)
  return bytes.length <= COMMENT_BYTES
    ? printable
    : `...${bytes
        .subarray(3 - COMMENT_BYTES)
        .toString('latin1')
        .replace(/[^ -~]/g, '?')}`
}
