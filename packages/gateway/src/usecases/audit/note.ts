// Every action of an operator is recorded, on every surface of the admin API.

import { instant } from '@rightofway/camara'
import type { Operator } from '../../domain/caller.js'
import type { AuditRecord, AuditStore } from '../../ports/store/audit.js'
import type { User } from '../../ports/store/users.js'

export interface AuditLog {
  readonly audit: AuditStore
  readonly realNow: () => number
}

/** The actor: kind and id identify it, as a name can be chosen. */
export type Actor = Pick<AuditRecord, 'actor' | 'actorKind' | 'actorId'>

export const userActor = ({ id, name }: Pick<User, 'id' | 'name'>): Actor => ({
  actor: name,
  actorKind: 'user',
  actorId: id,
})
export const strangerActor = (name = 'nobody'): Actor => ({ actor: name, actorKind: 'stranger' })

function operatorActor(operator: Operator | undefined): Actor {
  if (operator === undefined) return strangerActor()
  const { name, user } = operator
  return user === undefined ? { actor: name, actorKind: 'socket' } : userActor({ id: user, name })
}

/** Records an action, or its refusal. */
export const note = (
  { audit, realNow }: AuditLog,
  actor: Actor,
  what: { action: string; target?: string; refused?: string },
): Promise<void> => audit.append({ at: instant(realNow()), ...actor, ...what })

/** As {@link note}, of an operator. */
export const noteOperator = (
  auditLog: AuditLog,
  operator: Operator | undefined,
  what: Parameters<typeof note>[2],
): Promise<void> => note(auditLog, operatorActor(operator), what)
