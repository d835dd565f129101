// The keys that the gateway signs with: their listing and rotation.

import { instant, toDateTime } from '@rightofway/camara'
import { closed, DateTime, oneOf } from '@rightofway/camara/schemas'
import Type from 'typebox'
import type { SigningKeys } from '../../auth/secrets/signing-keys.js'

export const SigningKeyList = Type.Array(
  closed(
    {
      kid: Type.String(),
      state: oneOf(['next', 'current', 'retired'], {
        description: 'next: published, but not yet used. retired: published, but no longer used.',
      }),
      createdAt: DateTime,
      signsFrom: DateTime,
    },
    { title: 'SigningKey', description: 'A signing key of the gateway.' },
  ),
)

export const Rotation = closed({
  immediately: Type.Optional(
    Type.Boolean({ description: 'Use the new key at once and retire the old one, because the old one was leaked.' }),
  ),
})

/** The published keys, oldest first. */
export const listed = async (keys: SigningKeys) =>
  (await keys.list()).map(({ kid, state, createdAt, signsFrom }) => ({
    kid,
    state,
    createdAt: toDateTime(instant(createdAt)),
    signsFrom: toDateTime(instant(signsFrom)),
  }))
