// Every action of an operator is recorded.

import { QodError, toDateTime } from '@rightofway/camara'
import { closed, DateTime, type Operation, oneOf } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { ACTOR_KINDS } from '../../domain/recorded.js'
import { listAuditRecords } from '../../usecases/audit/list-audit-records.js'
import { type AuditLog, noteOperator } from '../../usecases/audit/note.js'
import { type AnyRoute, route } from '../route.js'
import type { AdminDeps } from './deps.js'
import { masked } from './mask.js'

const MAX_PAGE = 200

const AuditRecord = closed(
  {
    id: Type.Integer(),
    at: DateTime,
    actor: Type.String({ description: 'Name of a user, or `admin socket`.' }),
    actorKind: Type.Optional(
      oneOf([...ACTOR_KINDS], {
        description: 'The kind of caller. Absent: the entry is from before kinds were recorded.',
      }),
    ),
    actorId: Type.Optional(Type.String({ description: 'Of a user.' })),
    action: Type.String({ description: 'The operation.' }),
    target: Type.Optional(Type.String({ description: 'The object of the operation.' })),
    refused: Type.Optional(Type.String({ description: 'Error code of the refusal. Absent: the operation succeeded.' })),
  },
  { title: 'AuditRecord', description: 'An operation that succeeded or was refused.' },
)

const listAudit = {
  operationId: 'listAuditRecords',
  method: 'GET',
  path: '/audit',
  summary: 'List operations of this API, newest first',
  tag: 'Audit',
  role: 'operator',
  query: closed({ before: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$', description: 'The last id seen.' })) }),
  success: { status: 200, description: `At most ${MAX_PAGE}.`, schema: Type.Array(AuditRecord) },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

export const auditRoutes = [
  route({
    operation: listAudit,
    async handle({ query }, deps: AdminDeps) {
      const before = query.before === undefined ? undefined : Number(query.before)
      const records = await listAuditRecords(deps, { before, limit: MAX_PAGE })
      return { body: records.map(({ at, ...rest }) => ({ ...rest, at: toDateTime(at) })) }
    },
  }),
]

/** A route that records its use in the audit log, and masks personal data in answers to viewers. */
export function observed<D>(original: AnyRoute<D>, auditLog: AuditLog): AnyRoute<D> {
  const { operation } = original
  const reads = operation.method === 'GET'
  return {
    ...original,
    async handle(request, deps) {
      const { operator } = request.caller
      const done = { action: operation.operationId, ...targetOf(request.params) }
      try {
        const answer = await original.handle(request, deps)
        if (!reads) await noteOperator(auditLog, operator, done)
        const hide = operator?.role === 'viewer' && operation.success.mediaType === undefined
        return hide ? { ...answer, body: masked(answer.body) as never } : answer
      } catch (error) {
        if (!reads && error instanceof QodError)
          await noteOperator(auditLog, operator, { ...done, refused: error.code })
        throw error
      }
    },
  }
}

const targetOf = (params: unknown): { target?: string } => {
  const values = Object.values((params ?? {}) as Record<string, string>)
  return values.length === 0 ? {} : { target: values.join(' ') }
}
