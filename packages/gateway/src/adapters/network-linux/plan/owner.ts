// The gateway that drives this machine. The table has a map with one key. The kernel refuses another value for an
// existing key, so that of two gateways that claim the table at once one is refused.

import { createHash } from 'node:crypto'
import { hex32 } from './names.js'
import type { NftOperation } from './operations.js'

export interface Owner {
  /** 32 bits, different for every gateway. */
  readonly mark: number
  /** Path of its reservation table, for people to read. */
  readonly file: string
}

/** A killed gateway owns the table for at most this long. */
export const OWNER_MS = 60_000
/** How often the claim is renewed. */
export const RENEW_MS = 20_000

/** Limit of the comment of an element (libnftnl, NFTNL_UDATA_COMMENT_MAXLEN), without the NUL at its end. */
const COMMENT_BYTES = 127
/** The only key, in nft's format. */
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

/** Claims the table, or renews the claim. Refused like {@link guard}. */
export const claim = (owner: Owner): NftOperation[] => [
  ...release(owner),
  { verb: 'add', object: 'owner', timeoutMs: OWNER_MS, ...owner },
]

/** Gives the table up. Refused like {@link guard}. */
export const release = (owner: Owner): NftOperation[] => [guard(owner), { verb: 'delete', object: 'owner' }]

/** The end of a path is more telling than its beginning. nft has no escape for a quote. */
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
