import { QodError } from '@rightofway/camara'
import { closed, type Operation } from '@rightofway/camara/schemas'
import Type, { type Static } from 'typebox'
import type { OpenIdProvider } from '../../auth/users/openid-provider.js'
import { PASSWORD_LENGTH } from '../../auth/users/passwords.js'
import { csrfTokenOf, type SignedIn, type Users } from '../../auth/users/users.js'
import type { Operator } from '../../domain/caller.js'
import type { UserId } from '../../domain/user.js'
import { type AuditLog, note, noteOperator, userActor } from '../../usecases/audit/note.js'
import { Name } from '../admin/schemas.js'
import { toUser, User } from '../admin/users.js'
import { type RouteRequest, route } from '../route.js'
import { BROWSER, cookieOf, markIn, SET_COOKIE_HEADER, SIGN_IN, tokenIn } from './cookie.js'
import { CSRF_HEADER } from './gate.js'

const tag = 'Signing in'

/** How long a browser stays known after its last sign-in (seconds): half a year. */
const KNOWN_FOR_S = 15_552_000

/** The name of an existing user. */
const UserName = Type.String({ minLength: 1, maxLength: 100 })
const Password = Type.String({ minLength: PASSWORD_LENGTH.min, maxLength: PASSWORD_LENGTH.max })
const AnyPassword = Type.String({ maxLength: PASSWORD_LENGTH.max })

const Me = closed(
  {
    user: User,
    csrfToken: Type.String({ description: `Send it as ${CSRF_HEADER} with every request that changes something.` }),
    sandbox: Type.Boolean(),
  },
  { title: 'Me', description: 'The user who is signed in in this browser.' },
)

const signIn = {
  operationId: 'signIn',
  method: 'POST',
  path: '/sign-in',
  summary: 'Sign in: the answer sets a cookie',
  tag,
  body: closed({ name: UserName, password: AnyPassword }),
  success: { status: 200, description: 'The user who is now signed in.', schema: Me, headers: SET_COOKIE_HEADER },
  errors: ['INVALID_ARGUMENT', 'UNAUTHENTICATED', 'TOO_MANY_REQUESTS'],
} as const satisfies Operation

const getMethods = {
  operationId: 'getSignInMethods',
  method: 'GET',
  path: '/sign-in',
  summary: 'List the methods to sign in',
  tag,
  success: {
    status: 200,
    description: 'The methods.',
    schema: closed({
      signedIn: Type.Boolean({ description: 'Whether a user is signed in in this browser.' }),
      someUser: Type.Boolean({ description: 'Whether there is any user yet.' }),
      sso: Type.Optional(Type.String({ description: 'Name of the OpenID provider, if one is configured.' })),
    }),
  },
  errors: [],
} as const satisfies Operation

const accept = {
  operationId: 'acceptInvitation',
  method: 'POST',
  path: '/invitations/accept',
  summary: 'Accept an invitation, and sign in',
  tag,
  body: closed({ token: Type.String({ maxLength: 64 }), name: Name, password: Password }),
  success: { status: 200, description: 'The user who is now signed in.', schema: Me, headers: SET_COOKIE_HEADER },
  errors: ['INVALID_ARGUMENT', 'NOT_FOUND', 'CONFLICT', 'TOO_MANY_REQUESTS'],
} as const satisfies Operation

const getMe = {
  operationId: 'getMe',
  method: 'GET',
  path: '/me',
  summary: 'Who is signed in',
  tag,
  success: { status: 200, description: 'The user.', schema: Me, headers: SET_COOKIE_HEADER },
  errors: [],
} as const satisfies Operation

const signOut = {
  operationId: 'signOut',
  method: 'POST',
  path: '/sign-out',
  summary: 'Sign out in this browser',
  tag,
  role: 'viewer',
  success: { status: 204, description: 'The cookie is deleted.', headers: SET_COOKIE_HEADER },
  errors: [],
} as const satisfies Operation

const changePassword = {
  operationId: 'changePassword',
  method: 'PUT',
  path: '/me/password',
  summary: 'Change the password: all other browsers are signed out',
  tag,
  role: 'viewer',
  body: closed({ current: AnyPassword, password: Password }),
  success: { status: 204, description: 'It is changed.' },
  errors: ['INVALID_ARGUMENT', 'PERMISSION_DENIED', 'TOO_MANY_REQUESTS'],
} as const satisfies Operation

export interface SignInDeps {
  readonly users: Users
  readonly auditLog: AuditLog
  readonly sandbox: boolean
  readonly realNow: () => number
  /** The OpenID provider for SSO, if one is configured. */
  readonly provider?: OpenIdProvider | undefined
}

/** For users who are not signed in. */
export const signInRoutes = [
  route({
    operation: getMethods,
    async handle(request, { users, provider }: SignInDeps) {
      const token = tokenIn(request.header('cookie'), request.secure)
      const signedIn = token !== undefined && (await users.known(token)) !== undefined
      const someUser = await users.exist()
      return { body: { signedIn, someUser, ...(provider && { sso: provider.label }) } }
    },
  }),
  route({
    operation: signIn,
    async handle(request, deps: SignInDeps) {
      const { name, password } = request.body
      const { users, auditLog } = deps
      try {
        return await welcomed(
          request,
          deps,
          await users.signIn(name, password, request.address, markOf(request)),
          'signIn',
        )
      } catch (error) {
        // A refusal by the rate limit does not read the store.
        if (error instanceof QodError && error.code === 'TOO_MANY_REQUESTS') throw error
        // Only existing names: some people type a password as the name.
        const known = await users.findByName(name)
        if (known !== undefined && error instanceof QodError) {
          await note(auditLog, userActor(known), { action: 'signIn', refused: error.code })
        }
        throw error
      }
    },
  }),
  route({
    operation: accept,
    async handle(request, deps: SignInDeps) {
      const { token, name, password } = request.body
      const signedIn = await deps.users.accept(token, name, password, request.address)
      return welcomed(request, deps, signedIn, 'acceptInvitation')
    },
  }),
]

/** For users who are signed in. */
export const meRoutes = [
  route({
    operation: getMe,
    async handle(request, deps: SignInDeps) {
      const { users, sandbox } = deps
      const { operator } = request.caller
      const user = operator?.user && (await users.find(operator.user))
      const token = tokenIn(request.header('cookie'), request.secure)
      if (user === undefined || token === undefined) throw new QodError('UNAUTHENTICATED', 'Sign in first.')
      // The pages send this request after every kind of sign-in.
      const cookies = markCookies(user.id, request, deps)
      return {
        body: { user: toUser(user), csrfToken: csrfTokenOf(token), sandbox },
        ...(cookies.length > 0 && { headers: { 'set-cookie': cookies } }),
      }
    },
  }),
  route({
    operation: signOut,
    async handle(request, { users, auditLog }: SignInDeps) {
      const token = tokenIn(request.header('cookie'), request.secure)
      if (token !== undefined) await users.signOut(token)
      await noteOperator(auditLog, request.caller.operator, { action: 'signOut' })
      return { headers: { 'set-cookie': cookieOf(SIGN_IN, '', { secure: request.secure, maxAgeS: 0 }) } }
    },
  }),
  route({
    operation: changePassword,
    async handle({ caller, body }, { users, auditLog }: SignInDeps) {
      await users.changePassword(caller.operator as Operator, body.current, body.password)
      await noteOperator(auditLog, caller.operator, { action: 'changePassword' })
      return {}
    },
  }),
]

async function welcomed(
  request: Browser,
  deps: SignInDeps,
  signedIn: SignedIn,
  action: string,
): Promise<{ body: Static<typeof Me>; headers: { 'set-cookie': string } }> {
  const { token, user } = signedIn
  await note(deps.auditLog, userActor(user), { action })
  return {
    body: { user: toUser(user), csrfToken: csrfTokenOf(token), sandbox: deps.sandbox },
    headers: { 'set-cookie': signInCookie(signedIn, request, deps) },
  }
}

type Browser = Pick<RouteRequest<never>, 'secure' | 'header'>

/** The mark of a browser in which a user has signed in before. */
export const markOf = (request: Browser): string | undefined => markIn(request.header('cookie'), request.secure)

/** The cookie of a sign-in. */
export const signInCookie = (
  { token, expiresAt }: SignedIn,
  { secure }: Pick<RouteRequest<never>, 'secure'>,
  { realNow }: Pick<SignInDeps, 'realNow'>,
): string => cookieOf(SIGN_IN, token, { secure, maxAgeS: Math.ceil((expiresAt - realNow()) / 1000) })

/** The cookie of a known browser: none, if the browser has one. */
function markCookies(user: UserId, request: Browser, { users }: Pick<SignInDeps, 'users'>): string[] {
  const mark = users.newMark(user, markOf(request))
  return mark === undefined ? [] : [cookieOf(BROWSER, mark, { secure: request.secure, maxAgeS: KNOWN_FOR_S })]
}
