// Access to the admin API over the network: users, by their role, from the dashboard's own pages.

import type { ApplicationId } from '@rightofway/camara'
import { QodError } from '@rightofway/camara'
import type { Operation } from '@rightofway/camara/schemas'
import { isCsrfToken, type Users } from '../../auth/users/users.js'
import type { Caller, Operator } from '../../domain/caller.js'
import { ROLES, type Role } from '../../domain/user.js'
import { type AuditLog, noteOperator } from '../../usecases/audit/note.js'
import { OPERATOR_NAME } from '../admin/author.js'
import type { Gate } from '../route.js'
import { markIn, SIGN_IN, tokenIn } from './cookie.js'
import { type OwnOrigins, refuseOtherSites } from './own-origins.js'

/** The header by which pages prove that a request is theirs. */
export const CSRF_HEADER = 'x-csrf-token'

/** For authentication by cookie. No scheme is registered for it; this one is widely understood. */
const COOKIE_SCHEME = `Cookie realm="dashboard", cookie-name="${SIGN_IN.name}"`

/** More than name, password and invitation need (bytes). */
const STRANGERS_BODY_LIMIT = 16_384

/** A caller who is not signed in. */
const STRANGER: Caller = { application: '' as ApplicationId, compatibility: 'camara' }

/** The required role. Default: `viewer` for reads, `operator` for changes. */
export const roleFor = ({ role, method }: Operation): Role => role ?? (method === 'GET' ? 'viewer' : 'operator')

const mayDo = (operator: Operator, needed: Role): boolean => ROLES.indexOf(operator.role) >= ROLES.indexOf(needed)

type Surroundings = Omit<Gate, 'admit'>

/** Admits signed-in users with the role that an operation requires. */
export function peopleGate(gate: Surroundings, users: Users, auditLog: AuditLog, ours: OwnOrigins): Gate {
  return {
    ...gate,
    scheme: COOKIE_SCHEME,
    async admit(request, operation) {
      const token = tokenIn(request.headers.cookie, request.protocol === 'https')
      const operator = token === undefined ? undefined : await users.known(token)
      if (token === undefined || operator === undefined) throw new QodError('UNAUTHENTICATED', 'Sign in first.')
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        refuseOtherSites(request, ours)
        if (!isCsrfToken(request.headers[CSRF_HEADER] as string | undefined, token)) {
          throw new QodError('PERMISSION_DENIED', `${CSRF_HEADER} (header) must be the token of this sign-in.`)
        }
      }
      if (!mayDo(operator, roleFor(operation))) {
        await noteOperator(auditLog, operator, { action: operation.operationId, refused: 'PERMISSION_DENIED' })
        throw new QodError(
          'PERMISSION_DENIED',
          `This operation requires the role ${roleFor(operation)}; your role is ${operator.role}.`,
        )
      }
      // The author comes from the sign-in, not from the browser.
      request.headers['x-operator'] = encodeURI(operator.name).slice(0, OPERATOR_NAME.maxLength)
      return { ...STRANGER, operator }
    },
  }
}

/** For signing in: admits every request from our own pages. Bodies are read before authentication. */
export const strangerGate = (gate: Surroundings, users: Users, ours: OwnOrigins): Gate => ({
  ...gate,
  scheme: COOKIE_SCHEME,
  bodyLimit: STRANGERS_BODY_LIMIT,
  admit(request) {
    if (request.method !== 'GET') {
      refuseOtherSites(request, ours)
      users.checkRate(request.ip, markIn(request.headers.cookie, request.protocol === 'https'))
    }
    return STRANGER
  },
})
