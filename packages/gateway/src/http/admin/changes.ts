import { toDateTime } from '@rightofway/camara'
import { closed, DateTime, described, type Operation, oneOf } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { RECORDED } from '../../domain/recorded.js'
import type { DecisionRecord } from '../../ports/store/audit.js'
import { listChanges as changesOf } from '../../usecases/audit/list-changes.js'
import { route } from '../route.js'
import type { AdminDeps } from './deps.js'

const PAGE = 100

const Change = closed(
  {
    number: Type.Integer({ description: 'Counts all changes, from 1.' }),
    at: DateTime,
    by: Type.String({ description: 'The author, by the name given.' }),
    of: oneOf([...RECORDED]),
    name: Type.String({ description: 'Name of the profile; id of the application.' }),
    before: Type.Optional(Type.Unknown({ description: 'Absent: it did not exist before.' })),
    after: Type.Optional(Type.Unknown({ description: 'Absent: it was deleted.' })),
  },
  { title: 'Change', description: 'A change of a QoS profile, or of the limits of an application.' },
)

const listChanges = {
  operationId: 'listChanges',
  method: 'GET',
  path: '/changes',
  summary: 'List changes of profiles and limits, newest first',
  tag: 'Changes',
  role: 'operator',
  query: closed({
    of: Type.Optional(oneOf([...RECORDED], { description: 'Only changes of this kind.' })),
    name: Type.Optional(
      Type.String({ maxLength: 256, description: 'Only changes of this profile or this application.' }),
    ),
    before: Type.Optional(
      described(
        Type.String({ pattern: '^[1-9][0-9]{0,14}$' }),
        'The lowest number seen: only earlier changes are listed.',
      ),
    ),
  }),
  success: { status: 200, description: `At most ${PAGE}.`, schema: Type.Array(Change) },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

export const changeRoutes = [
  route({
    operation: listChanges,
    async handle({ query }, deps: AdminDeps) {
      const { before, ...rest } = query
      const changes = await changesOf(deps, {
        ...rest,
        ...(before !== undefined && { before: Number(before) }),
        limit: PAGE,
      })
      return { body: changes.map(toChange) }
    },
  }),
]

const toChange = (record: DecisionRecord) => ({ ...record, at: toDateTime(record.at) })
