// Schemas that several admin operations share.

import { API_SCOPES, closed, DateTime, described, oneOf } from '@rightofway/camara/schemas'
import Type, { type TSchema } from 'typebox'
import { CLIENT_ALGORITHMS } from '../../auth/callers/client-keys.js'
import { COMPATIBILITIES, GRANT_TYPES } from '../../domain/application.js'

/** A segment of a path. `.` and `..` are not allowed: clients remove them from a URL (RFC 3986 section 5.2.4). */
export const Id = Type.String({ minLength: 1, maxLength: 64, pattern: '^\\.*[A-Za-z0-9_-][A-Za-z0-9_.-]*$' })

/** Maximum number of items in one answer. */
export const MAX_PAGE = 1_000

/** The page of a list. @param last the member of the last item that the caller sends: `id` */
export const pageQuery = <S extends TSchema>(schema: S, last: string) =>
  closed({ after: Type.Optional(described(schema, `The ${last} of the last item seen. Default: from the first.`)) })

/** Visible text: no control or format character, no space but the plain one, and that not at the ends. */
const SHOWN = '[^\\p{C}\\p{Z}]'
export const SHOWN_TEXT = `^${SHOWN}+( +${SHOWN}+)*$`
export const Name = Type.String({ minLength: 1, maxLength: 100, pattern: SHOWN_TEXT, description: 'For people.' })
export const SessionId = Type.String({ format: 'uuid', description: 'Of a session.' })

export const Application = closed(
  {
    id: Id,
    name: Name,
    createdAt: DateTime,
    suspendedAt: Type.Optional(described(DateTime, 'Absent: it is not suspended.')),
  },
  { title: 'Application', description: 'The owner of sessions: an OAuth client, a set of keys.' },
)

/** RFC 7517 section 4 allows a key more members than these: they are kept. */
const PublicJwk = Type.Object(
  {
    kty: oneOf(['EC', 'RSA']),
    kid: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    alg: Type.Optional(oneOf([...CLIENT_ALGORITHMS])),
  },
  {
    additionalProperties: true,
    title: 'PublicJwk',
    description: 'The public half of a key: RSA of 2048 bits at least, or EC P-256 (RFC 7517).',
  },
)

const clientKeys = {
  jwks: Type.Optional(
    closed(
      { keys: Type.Array(PublicJwk, { minItems: 1, maxItems: 20 }) },
      { title: 'Jwks', description: 'The public keys that the client signs with.' },
    ),
  ),
  jwksUri: Type.Optional(
    Type.String({ format: 'uri', maxLength: 2048, description: 'Where the client publishes its keys; https.' }),
  ),
}

export const ClientKeys = closed(clientKeys, {
  title: 'ClientKeys',
  minProperties: 1,
  maxProperties: 1,
  description: 'By which keys a client is known: one of the two (RFC 7591 section 2).',
})

export const OAuthClient = closed(
  {
    grantTypes: Type.Array(oneOf([...GRANT_TYPES]), { minItems: 1, uniqueItems: true }),
    redirectUris: Type.Optional(
      Type.Array(Type.String({ format: 'uri', maxLength: 2048 }), {
        maxItems: 20,
        uniqueItems: true,
        description: 'For authorization_code: the allowed redirect URIs; https, or http on a loopback.',
      }),
    ),
    ...clientKeys,
  },
  {
    title: 'OAuthClient',
    description:
      'Makes a key the secret of an OAuth client; its prefix is the client_id. With jwks or jwksUri it has no secret: it ' +
      'signs assertions (private_key_jwt).',
  },
)

export const ApplicationKey = closed(
  {
    prefix: Type.String({ description: 'The public part of the key, which identifies it.' }),
    application: Id,
    name: Type.Optional(Name),
    scopes: Type.Optional(Type.Array(Type.String(), { description: 'Absent: all.' })),
    compatibility: oneOf([...COMPATIBILITIES], { description: 'The kind of client that uses the key.' }),
    client: Type.Optional(OAuthClient),
    createdAt: DateTime,
    expiresAt: Type.Optional(DateTime),
    revokedAt: Type.Optional(DateTime),
    lastUsedAt: Type.Optional(described(DateTime, 'Accurate to about a minute. Absent: never used.')),
  },
  { title: 'ApplicationKey', description: 'The record of a key, without the key itself: only its hash is stored.' },
)

export const NewApplicationKey = closed(
  {
    name: Type.Optional(Name),
    scopes: Type.Optional(Type.Array(oneOf([...API_SCOPES]), { uniqueItems: true, description: 'Default: all.' })),
    compatibility: Type.Optional(oneOf([...COMPATIBILITIES], { description: 'Default: camara.' })),
    client: Type.Optional(described(OAuthClient, 'Absent: the key is not an OAuth client.')),
    expiresAt: Type.Optional(described(DateTime, 'Default: never.')),
  },
  { title: 'NewApplicationKey', description: 'A key to create.' },
)
