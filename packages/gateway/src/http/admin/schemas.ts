// Schemas that several admin operations share.

import { closed, DateTime, described, oneOf, qosProfiles, qualityOnDemand } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { COMPATIBILITIES } from '../../ports/store.js'

export const Id = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_.-]+$' })
export const Name = Type.String({ minLength: 1, maxLength: 100, description: 'For people.' })
export const SessionId = Type.String({ format: 'uuid', description: 'Of a session.' })

/** Every scope that some operation asks for. */
export const SCOPES: readonly string[] = [
  ...new Set([qualityOnDemand, qosProfiles].flatMap(({ operations }) => operations.map(({ scope = '' }) => scope))),
]

export const Application = closed(
  { id: Id, name: Name, createdAt: DateTime },
  { title: 'Application', description: 'The owner of sessions: an OAuth client, a set of keys.' },
)

export const ApplicationKey = closed(
  {
    prefix: Type.String({ description: 'The public part of the key, by which it is known.' }),
    application: Id,
    name: Type.Optional(Name),
    scopes: Type.Optional(Type.Array(Type.String(), { description: 'Absent: all.' })),
    compatibility: oneOf([...COMPATIBILITIES], { description: 'Which clients the key is for.' }),
    createdAt: DateTime,
    expiresAt: Type.Optional(DateTime),
    revokedAt: Type.Optional(DateTime),
  },
  { title: 'ApplicationKey', description: 'What is known of a key. Not the key: only its hash is kept.' },
)

export const NewApplicationKey = closed(
  {
    name: Type.Optional(Name),
    scopes: Type.Optional(Type.Array(oneOf([...SCOPES]), { uniqueItems: true, description: 'Default: all.' })),
    compatibility: Type.Optional(oneOf([...COMPATIBILITIES], { description: 'Default: camara.' })),
    expiresAt: Type.Optional(described(DateTime, 'Default: never.')),
  },
  { title: 'NewApplicationKey', description: 'A key to be made.' },
)
