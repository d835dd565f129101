import type { Instant } from '@rightofway/camara'
import type { GrantRecord } from '../../../ports/store/grants.js'
import type { Ciphertext } from '../../../ports/store/secrets.js'

/** A group is called a lot in the tables: GROUP is a word of SQL. */
export interface GrantRow {
  id: string
  body: Ciphertext
  lot: string | null
  expires_at: Instant | null
}

export const toGrant = ({ id, body, lot, expires_at }: GrantRow): GrantRecord => ({
  id,
  body,
  ...(lot !== null && { group: lot }),
  ...(expires_at !== null && { expiresAt: expires_at }),
})
