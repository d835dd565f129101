import { QodError } from '@rightofway/camara'
import type { FastifyInstance } from 'fastify'
import type { AssertionKeys } from '../auth/secrets/assertion-keys.js'
import { KeyMissing } from '../auth/secrets/keyring.js'
import { sendError } from './errors.js'

/** Where authorization servers of sinks find the gateway's public keys (`jwksUri` of PrivateKeyJWTCredential). */
export const JWKS_PATH = '/jwks.json'

/** Shorter than the time for which a new key is published before it signs. */
const CACHE_SECONDS = 300

/** Publishes the keys that client assertions are signed with (RFC 7517). */
export function addJwks(app: FastifyInstance, keys: AssertionKeys): void {
  app.get(JWKS_PATH, async (_request, reply) => {
    try {
      const published = await keys.publicKeys()
      return await reply.header('cache-control', `public, max-age=${CACHE_SECONDS}`).send(published)
    } catch (error) {
      if (!(error instanceof KeyMissing)) throw error
      return sendError(reply, new QodError('UNAVAILABLE', undefined, { cause: error }))
    }
  })
}
