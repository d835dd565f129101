// The admin API. It has its own listener, by default a unix socket: whoever can open it may do all.

import type { ApplicationId } from '@rightofway/camara'
import { type Api, type Operation, openApiDocument } from '@rightofway/camara/schemas'
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../../domain/caller.js'
import type { AuditLog } from '../../usecases/audit/note.js'
import { addDocs } from '../docs.js'
import { type AnyRoute, addRoutes, type Gate } from '../route.js'
import { applicationRoutes } from './applications.js'
import { auditRoutes, observed } from './audit.js'
import { changeRoutes } from './changes.js'
import { deliveryRoutes } from './deliveries.js'
import { deviceRoutes } from './devices.js'
import { gatewayRoutes } from './gateway.js'
import { limitRoutes } from './limits.js'
import { overviewRoutes } from './overview.js'
import { profileRoutes } from './profiles.js'
import { sessionRoutes } from './sessions.js'
import { sinkCredentialRoutes } from './sink-credentials.js'
import { userRoutes } from './users.js'

export const BASE_PATH = '/admin/v1'

export const ADMIN_ROUTES = [
  ...overviewRoutes,
  ...sessionRoutes,
  ...applicationRoutes,
  ...limitRoutes,
  ...deviceRoutes,
  ...profileRoutes,
  ...changeRoutes,
  ...deliveryRoutes,
  ...sinkCredentialRoutes,
  ...gatewayRoutes,
  ...userRoutes,
  ...auditRoutes,
]

/** Whoever can open the socket. Operators own no sessions. */
const OPERATOR: Caller = {
  application: '' as ApplicationId,
  compatibility: 'camara',
  operator: { name: 'admin socket', role: 'admin' },
}

/** Routes that are added together or not at all. */
export interface AdminPart {
  readonly operations: readonly Operation[]
  add(app: FastifyInstance, prefix: string, gate: Gate): void
}

/**
 * @param deps dependencies of these routes
 * @param auditLog which records their use
 */
export const adminPart = <D>(routes: readonly AnyRoute<D>[], deps: D, auditLog: AuditLog): AdminPart => ({
  operations: routes.map(({ operation }) => operation),
  add(app, prefix, gate) {
    const watched = routes.map((route) => observed(route, auditLog))
    addRoutes(app, prefix, watched, deps, gate)
  },
})

/** @param parts {@link ADMIN_ROUTES}, and those of the sandbox where there is one */
export async function addAdminApi(
  app: FastifyInstance,
  parts: readonly AdminPart[],
  gate: Omit<Gate, 'admit'>,
): Promise<void> {
  const admitting: Gate = { ...gate, admit: () => OPERATOR }
  for (const part of parts) part.add(app, BASE_PATH, admitting)
  const operations = parts.flatMap((part) => part.operations)
  await addDocs(app, BASE_PATH, () => adminDocument(operations, {}))
}

/** Characters that requests can have: `text.ts` has the rule. Line ends and tabs are for bodies alone. */
const IN_URLS = '^[^\\u0000-\\u001f\\u007f]*$'
const IN_BODIES = '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]*$'

/** Adds a pattern of allowed characters to each string schema without another rule. */
function withoutControls(operation: Operation): Operation {
  const { params, query, body, success } = operation
  return {
    ...operation,
    ...(params && { params: patterned(params, IN_URLS) }),
    ...(query && { query: patterned(query, IN_URLS) }),
    ...(body && { body: patterned(body, IN_BODIES) }),
    success: { ...success, ...(success.schema && { schema: patterned(success.schema, IN_BODIES) }) },
  }
}

function patterned<T>(schema: T, pattern: string): T {
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map((item: unknown) => patterned(item, pattern)) as T
  const copy = { ...schema } as Record<string, unknown>
  for (const [key, value] of Object.entries(copy)) copy[key] = patterned(value, pattern)
  const ruled = ['pattern', 'format', 'enum', 'const'].some((rule) => rule in copy)
  if (copy['type'] === 'string' && !ruled) copy['pattern'] = pattern
  return copy as T
}

/** The OpenAPI document of the admin API, as one of its listeners serves it. */
export function adminDocument(
  operations: readonly Operation[],
  securitySchemes: Record<string, object>,
  publicPath = '',
): object {
  const api: Api = {
    name: 'admin',
    title: 'Right of Way: administration',
    description: 'Applications, devices, profiles, sessions, events, networks and users of this gateway.',
    version: '1',
    basePaths: [BASE_PATH],
    operations: operations.map(withoutControls),
  }
  return openApiDocument(api, { publicPath, securitySchemes })
}
