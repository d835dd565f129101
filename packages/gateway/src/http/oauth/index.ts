// The authorization server under its path. Its code is loaded with the first request.

import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Provider } from 'oidc-provider'
import { OAUTH_PATH } from '../../auth/embedded-tokens.js'
import type { SigningKeys } from '../../auth/signing-keys.js'
import { openProvider, type ProviderDeps } from './provider.js'

/** OpenID Connect Discovery section 4. */
export const OPENID_CONFIGURATION = `${OAUTH_PATH}/.well-known/openid-configuration`

export interface OAuthDeps extends ProviderDeps {
  readonly keys: SigningKeys
  /** Base URL of the gateway as applications know it. */
  publicUrl(): string
}

type Handler = ReturnType<Provider['callback']>

export function addOAuth(app: FastifyInstance, deps: OAuthDeps): void {
  const handlerNow = handlers(deps)
  app.register(async (scope) => {
    // Bodies are read by the server itself.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    scope.all(`${OAUTH_PATH}/*`, async (request, reply) => {
      const handle = await handlerNow()
      // What all our answers carry; the server adds its own.
      for (const [name, value] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value ?? '')
      reply.hijack()
      await handle(mounted(request.raw, new URL(deps.publicUrl())), reply.raw)
    })
  })
}

/** One server for as long as its keys are what they are. */
function handlers(deps: OAuthDeps): () => Promise<Handler> {
  let current: { readonly kids: string; readonly handler: Promise<Handler> } | undefined
  return async () => {
    const keys = await deps.keys.privateKeys()
    const kids = keys.map(({ kid }) => kid).join()
    if (current?.kids !== kids) {
      const audience = deps.publicUrl()
      const opening = openProvider(deps, { issuer: audience + OAUTH_PATH, audience, keys })
      current = { kids, handler: opening.then((provider) => provider.callback()) }
      opening.catch(() => {
        current = undefined
      })
    }
    return current.handler
  }
}

/** The request as a server that stands alone would see it, under the URL that applications know. */
function mounted(request: IncomingMessage, { protocol, host, pathname }: URL): IncomingMessage {
  const url = (request.url ?? '').slice(OAUTH_PATH.length)
  const path = pathname.replace(/\/$/, '') + OAUTH_PATH
  request.headers['x-forwarded-proto'] = protocol.slice(0, -1)
  request.headers['x-forwarded-host'] = host
  return Object.assign(request, { url, originalUrl: path + url })
}
