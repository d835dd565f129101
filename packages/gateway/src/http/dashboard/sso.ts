// Signing in at an OpenID provider: the browser is redirected there, and back here with a code.
//
// A redirect from another site sends no cookie that is SameSite=Strict. So the state of the sign-in is in a Lax cookie,
// encrypted and valid for a few minutes. The answer sets the Strict cookie and redirects to the pages, which are files
// and need none; their own requests are same-site and send it.

import { QodError } from '@rightofway/camara'
import type { Operation } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { NotSignedIn, type OpenIdProvider, TICKET_S, type WhyNot } from '../../auth/users/openid-provider.js'
import type { PublicUrl } from '../../ports/public-url.js'
import { note, strangerActor, userActor } from '../../usecases/audit/note.js'
import { BASE_PATH } from '../admin/index.js'
import { route } from '../route.js'
import { cookieOf, SET_COOKIE_HEADER, TICKET, valueIn } from './cookie.js'
import { DASHBOARD_PATH } from './files.js'
import { markOf, type SignInDeps, signInCookie } from './sign-in.js'

const tag = 'Signing in'
const PATH = '/sign-in/sso'
const BACK = `${PATH}/callback`

export interface SsoDeps extends SignInDeps {
  readonly provider: OpenIdProvider
  /** Base URL of this gateway as browsers know it. */
  readonly publicUrl: PublicUrl
}

const LOCATION_HEADER = { Location: Type.String({ maxLength: 8_192, description: 'The URL to continue at.' }) }

const begin = {
  operationId: 'signInBySso',
  method: 'GET',
  path: PATH,
  summary: 'Go to the OpenID provider and sign in there',
  tag,
  success: {
    status: 303,
    description: 'Redirects to the provider.',
    headers: { ...LOCATION_HEADER, ...SET_COOKIE_HEADER },
  },
  errors: [],
} as const satisfies Operation

const finish = {
  operationId: 'finishSignInBySso',
  method: 'GET',
  path: BACK,
  summary: 'Return from the OpenID provider: the answer sets a cookie',
  tag,
  // Providers may add parameters.
  query: Type.Object({}, { additionalProperties: Type.String({ maxLength: 4_096 }) }),
  success: {
    status: 303,
    description: 'Redirects to the dashboard, or to a page with the reason of the refusal.',
    headers: { ...LOCATION_HEADER, ...SET_COOKIE_HEADER },
  },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

const redirectUri = ({ publicUrl }: SsoDeps): string => publicUrl.value + BASE_PATH + BACK

const to = ({ publicUrl }: SsoDeps, path: string, cookies: string[]) => ({
  headers: { location: publicUrl.path + DASHBOARD_PATH + path, 'set-cookie': cookies },
})

/** The page with the reason, which is in the fragment: only the page reads it. */
const refusal = (deps: SsoDeps, why: WhyNot, cookies: string[] = []) => to(deps, `/refused#${why}`, cookies)

export const ssoRoutes = [
  route({
    operation: begin,
    async handle({ secure }, deps: SsoDeps) {
      try {
        const { url, ticket } = await deps.provider.begin(redirectUri(deps))
        const cookie = cookieOf(TICKET, ticket, { secure, maxAgeS: TICKET_S })
        return { headers: { location: url, 'set-cookie': cookie } }
      } catch (error) {
        if (error instanceof NotSignedIn) return refusal(deps, error.why)
        throw error
      }
    },
  }),
  route({
    operation: finish,
    async handle(request, deps: SsoDeps) {
      const { users, provider, auditLog } = deps
      const action = begin.operationId
      // Valid once, whatever the result.
      const noTicket = cookieOf(TICKET, '', { secure: request.secure, maxAgeS: 0 })
      try {
        const ticket = valueIn(request.header('cookie'), TICKET, request.secure)
        const url = new URL(redirectUri(deps))
        url.search = new URLSearchParams(request.query as Record<string, string>).toString()
        const signIn = () => provider.finish(url, ticket)
        const outcome = await users.signInBySso(signIn, provider.label, request.address, markOf(request))
        if ('refused' in outcome) {
          const { id, name } = outcome.refused
          const actor = id === undefined ? strangerActor(name) : userActor({ id, name })
          await note(auditLog, actor, { action, refused: 'PERMISSION_DENIED' })
          return refusal(deps, 'role', [noTicket])
        }
        await note(auditLog, userActor(outcome.user), { action })
        return to(deps, '/', [noTicket, signInCookie(outcome, request, deps)])
      } catch (error) {
        if (error instanceof NotSignedIn) return refusal(deps, error.why, [noTicket])
        if (error instanceof QodError && error.code === 'TOO_MANY_REQUESTS') return refusal(deps, 'often', [noTicket])
        throw error
      }
    },
  }),
]
