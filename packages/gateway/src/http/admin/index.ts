// What operators do. It is served on a listener of its own, by default a unix socket: whoever can open it may do all.

import type { ApplicationId } from '@rightofway/camara'
import { type Api, type Operation, openApiDocument } from '@rightofway/camara/schemas'
import type { FastifyInstance } from 'fastify'
import { addDocs } from '../docs.js'
import { type AnyRoute, addRoutes, type Gate } from '../route.js'
import { applicationRoutes } from './applications.js'
import { deliveryRoutes } from './deliveries.js'
import { deviceRoutes } from './devices.js'
import { gatewayRoutes } from './gateway.js'
import { profileRoutes } from './profiles.js'
import { proofRoutes } from './proofs.js'

const BASE_PATH = '/admin/v1'

export const ADMIN_ROUTES = [
  ...applicationRoutes,
  ...deviceRoutes,
  ...profileRoutes,
  ...deliveryRoutes,
  ...proofRoutes,
  ...gatewayRoutes,
]

/** Operators own no sessions. */
const OPERATOR = { application: '' as ApplicationId, compatibility: 'camara' } as const

/** Routes that belong together, and are added together or not at all. */
export interface AdminPart {
  readonly operations: readonly Operation[]
  add(app: FastifyInstance, prefix: string, gate: Gate): void
}

/** @param deps what these routes work with */
export const adminPart = <D>(routes: readonly AnyRoute<D>[], deps: D): AdminPart => ({
  operations: routes.map(({ operation }) => operation),
  add: (app, prefix, gate) => addRoutes(app, prefix, routes, deps, gate),
})

/** @param parts {@link ADMIN_ROUTES}, and those of the sandbox where there is one */
export async function addAdminApi(
  app: FastifyInstance,
  parts: readonly AdminPart[],
  gate: Omit<Gate, 'admit'>,
): Promise<void> {
  const api: Api = {
    name: 'admin',
    title: 'Right of Way: administration',
    description: 'Applications, devices, profiles, events and networks of this gateway.',
    version: '1',
    basePaths: [BASE_PATH],
    operations: parts.flatMap(({ operations }) => operations),
  }
  const admitting: Gate = { ...gate, admit: () => OPERATOR }
  for (const part of parts) part.add(app, BASE_PATH, admitting)
  await addDocs(app, BASE_PATH, openApiDocument(api, { basePath: BASE_PATH, securitySchemes: {} }))
}
