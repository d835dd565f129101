// The admin API over the network, behind sign-in, and the pages that use it.

import type { Operation } from '@rightofway/camara/schemas'
import type { FastifyInstance } from 'fastify'
import { type AdminPart, adminDocument, BASE_PATH } from '../admin/index.js'
import { addRoutes, type Gate } from '../route.js'
import { addDashboard } from './files.js'
import { CSRF_HEADER, peopleGate, roleFor, strangerGate } from './gate.js'
import { ownOrigins } from './own-origins.js'
import { meRoutes, type SignInDeps, signInRoutes } from './sign-in.js'
import { type SsoDeps, ssoRoutes } from './sso.js'

const SECURITY_SCHEMES = {
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'rightofway',
    description:
      'Set by signing in (`__Host-rightofway` over https). ' +
      `Requests that change something also need \`${CSRF_HEADER}\`.`,
  },
}

/** The cookie identifies the author, so the header is not accepted. */
function asSignedIn(operation: Operation): Operation {
  const { 'X-Operator': _author, ...headers } = { ...operation.headers }
  return { ...operation, headers, role: roleFor(operation) }
}

export interface DashboardOptions extends SignInDeps, Pick<SsoDeps, 'publicUrl'> {
  /** The parts that the admin socket serves too. */
  readonly parts: readonly AdminPart[]
  /** Folder of the built pages. */
  readonly folder: string
}

export function addDashboardApi(app: FastifyInstance, options: DashboardOptions, gate: Omit<Gate, 'admit'>): void {
  const { parts, folder, users, auditLog, provider } = options
  const { path: publicPath } = options.publicUrl
  const ours = ownOrigins(options.publicUrl)
  const signedIn = peopleGate(gate, users, auditLog, ours)
  const open = strangerGate(gate, users, ours)
  addRoutes(app, BASE_PATH, signInRoutes, options, open)
  const sso = provider === undefined ? [] : ssoRoutes
  if (provider !== undefined) addRoutes(app, BASE_PATH, sso, { ...options, provider }, open)
  addRoutes(app, BASE_PATH, meRoutes, options, signedIn)
  for (const part of parts) part.add(app, BASE_PATH, signedIn)
  const strangers = [...signInRoutes, ...sso].map(({ operation }): Operation => ({ ...operation, open: true }))
  const others = [...meRoutes.map(({ operation }): Operation => operation), ...parts.flatMap((part) => part.operations)]
  const operations = [...strangers, ...others.map(asSignedIn)]
  let document: object | undefined
  app.get(`${BASE_PATH}/openapi.json`, (_request, reply) => {
    document ??= adminDocument(operations, SECURITY_SCHEMES, publicPath)
    return reply.send(document)
  })
  addDashboard(app, folder, publicPath)
}
