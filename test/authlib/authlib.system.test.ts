// The authorization server with an application in Python, by authlib.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { exportJWK, generateKeyPair } from 'jose'
import { expect, it } from 'vitest'
import { JWT_BEARER } from '../../packages/gateway/src/domain/application.js'
import { withGateway } from '../../packages/gateway/test/support/gateway.js'
import { newClient, REDIRECT_URI } from '../../packages/gateway/test/support/oauth.js'
import { describeWith } from '../parts.js'

const PYTHON = fileURLToPath(new URL('../../node_modules/.cache/authlib/1.9.10/bin/python', import.meta.url))
const PROGRAM = fileURLToPath(new URL('./program.py', import.meta.url))
const READ = 'quality-on-demand:sessions:read'

async function newKeys() {
  const pairs = await Promise.all(
    ['ES256', 'PS256', 'RS256'].map(async (alg) => {
      const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
      const names = { kid: `of ${alg}`, alg }
      return [
        { ...(await exportJWK(privateKey)), ...names },
        { ...(await exportJWK(publicKey)), ...names },
      ] as const
    }),
  )
  return { privateKeys: pairs.map(([key]) => key), publicKeys: pairs.map(([, key]) => key) }
}

describeWith(['authlib'], 'authlib', () => {
  it('gets tokens by every grant type and authentication method, and is refused with messages', () =>
    withGateway(async (gateway) => {
      const { clientId, secret } = await newClient(gateway)
      const { privateKeys, publicKeys } = await newKeys()
      const { id } = await gateway.admin<{ id: string }>('POST', '/applications', { name: 'test' })
      const signed = await gateway.admin<{ record: { prefix: string } }>('POST', `/applications/${id}/keys`, {
        client: { grantTypes: ['client_credentials', JWT_BEARER], redirectUris: [], jwks: { keys: publicKeys } },
      })
      const { stdout } = await promisify(execFile)(PYTHON, [PROGRAM], {
        env: {
          ...process.env,
          AUTHLIB_INSECURE_TRANSPORT: '1',
          SERVER: `${gateway.url}/oauth2`,
          SECRET_CLIENT: `${clientId} ${secret}`,
          SIGNED_CLIENT: signed.record.prefix,
          PRIVATE_KEYS: JSON.stringify(privateKeys),
          REDIRECT_URI,
        },
      })
      const refused = 'invalid_client client authentication failed'
      expect(stdout.trimEnd().split('\n')).toEqual([
        `client_secret_basic ${READ}`,
        `client_secret_post ${READ}`,
        'private_key_jwt ES256 True',
        'private_key_jwt PS256 True',
        'private_key_jwt RS256 True',
        `jwt-bearer ${READ} True`,
        `authorization_code ${READ}`,
        `ciba ${READ}`,
        `wrong secret ${refused}`,
        'scope invalid_scope scope must name scopes that this client may have',
        `expired ${refused}`,
        'future invalid_client client_assertion: iat is in the future',
        'an hour invalid_client client_assertion: exp must be within 300 s',
        `audience ${refused}`,
        `issuer ${refused}`,
        `unknown kid ${refused}`,
        'first no refusal',
        `replayed ${refused}`,
        'oversized invalid_request the body can have at most 16384 bytes',
        `none ${refused}`,
        `HS256 with the PEM ${refused}`,
        `HS256 with the JWK ${refused}`,
        `other client ${refused}`,
        'stranger invalid_grant assertion: there is no such subscriber',
        'of another invalid_grant assertion: iss is missing or wrong',
      ])
    }))
})
