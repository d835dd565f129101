import type { Instant } from '@rightofway/camara'
import type { AuditRecord } from '../../../ports/store.js'

export interface AuditRow {
  id: number
  at: Instant
  actor: string
  action: string
  target: string | null
  refused: string | null
}

export const toAuditRecord = ({ target, refused, ...rest }: AuditRow): AuditRecord => ({
  ...rest,
  ...(target !== null && { target }),
  ...(refused !== null && { refused }),
})
