import type { Instant } from '@rightofway/camara'
import type { ActorKind } from '../../../domain/recorded.js'
import type { UserId } from '../../../domain/user.js'
import type { AuditRecord } from '../../../ports/store/audit.js'

export interface AuditRow {
  id: number
  at: Instant
  actor: string
  actor_kind: ActorKind | null
  actor_id: UserId | null
  action: string
  target: string | null
  refused: string | null
}

export const toAuditRecord = ({ actor_kind, actor_id, target, refused, ...rest }: AuditRow): AuditRecord => ({
  ...rest,
  ...(actor_kind !== null && { actorKind: actor_kind }),
  ...(actor_id !== null && { actorId: actor_id }),
  ...(target !== null && { target }),
  ...(refused !== null && { refused }),
})
