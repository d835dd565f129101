import { API_SCOPES } from '@rightofway/camara/schemas'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import { isGood } from '../../auth/callers/application-keys.js'
import type { ClientKeys } from '../../domain/application.js'
import type { ApplicationStore } from '../../ports/store/applications.js'
import type { PublishedKeys } from './published-keys.js'

const CIBA = 'urn:openid:params:grant-type:ciba'

const PREFIX = /^[\x21-\x7e]{1,64}$/

/** Whether text can be the id of a client, which every store can look up. */
export const isClientId = (id: string): boolean => PREFIX.test(id)

export interface ClientAdapterDeps {
  readonly applications: ApplicationStore
  readonly published: Pick<PublishedKeys, 'of'>
  readonly realNow: () => number
  /** Grant types that every client may use, besides its own. */
  readonly grantTypesOfAll: readonly string[]
}

/** The clients of the authorization server: application keys with the settings of a client. Read only. */
export function clientAdapter({ applications, published, realNow, grantTypesOfAll }: ClientAdapterDeps): Adapter {
  const keysOf = async (client: string, { jwks, jwksUri }: ClientKeys) =>
    jwks?.keys ?? (await published.of(client, jwksUri as string))
  const readOnly = async (): Promise<never> => {
    throw new TypeError('clients are created and revoked by operators')
  }
  return {
    async find(id): Promise<AdapterPayload | undefined> {
      // Other text is no prefix, and not every store can look it up.
      if (!isClientId(id)) return undefined
      const key = await applications.findKey(id)
      if (key?.client === undefined || !(await isGood(applications, key, realNow()))) return undefined
      const { grantTypes, redirectUris, keys } = key.client
      return {
        client_id: key.prefix,
        ...(keys === undefined
          ? // Never compared: see `compareClientSecret`.
            { client_secret: key.hash }
          : { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: await keysOf(id, keys) } }),
        grant_types: [...grantTypes, ...grantTypesOfAll],
        redirect_uris: [...redirectUris],
        response_types: grantTypes.includes('authorization_code') ? ['code'] : [],
        scope: ['openid', ...(key.scopes ?? API_SCOPES)].join(' '),
        ...(grantTypes.includes(CIBA) && { backchannel_token_delivery_mode: 'poll' }),
      }
    },
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    upsert: readOnly,
    consume: readOnly,
    destroy: readOnly,
    revokeByGrantId: readOnly,
  }
}
