// What operators see of keys that the gateway signs with, and how they rotate them.

import { instant, toDateTime } from '@rightofway/camara'
import { closed, DateTime, oneOf } from '@rightofway/camara/schemas'
import Type from 'typebox'
import type { SigningKeys } from '../../auth/secrets/signing-keys.js'

export const SigningKeyList = Type.Array(
  closed(
    {
      kid: Type.String(),
      state: oneOf(['next', 'current', 'retired'], {
        description: 'next: published, and not used yet. retired: published, and not used any more.',
      }),
      createdAt: DateTime,
      signsFrom: DateTime,
    },
    { title: 'SigningKey', description: 'A key that the gateway signs with.' },
  ),
)

export const Rotation = closed({
  immediately: Type.Optional(
    Type.Boolean({ description: 'Use it now, and the old one no more: for a key that somebody else knows.' }),
  ),
})

/** Those that are published, oldest first. */
export const listed = async (keys: SigningKeys) =>
  (await keys.list()).map(({ kid, state, createdAt, signsFrom }) => ({
    kid,
    state,
    createdAt: toDateTime(instant(createdAt)),
    signsFrom: toDateTime(instant(signsFrom)),
  }))
