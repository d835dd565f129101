// The CAMARA APIs: every operation under every base path, with OpenAPI document and documentation page.

import {
  type Api,
  type Operation,
  openApiDocument,
  qosProfiles,
  qosProvisioning,
  qualityOnDemand,
} from '@rightofway/camara/schemas'
import type { FastifyInstance } from 'fastify'
import { addDocs } from '../docs.js'
import { type AnyRoute, addRoutes, type Dialect, type Gate } from '../route.js'
import {
  createAssignmentRoute,
  getAssignmentRoute,
  retrieveAssignmentRoute,
  revokeAssignmentRoute,
  watchAssignmentRoute,
} from './assignments.js'
import { createSessionRoute } from './create-session.js'
import { deleteSessionRoute } from './delete-session.js'
import type { WatchDeps } from './event-stream.js'
import { extendSessionRoute } from './extend-session.js'
import { getSessionRoute } from './get-session.js'
import { getSessionUsageRoute } from './get-session-usage.js'
import { listSessionsRoute } from './list-sessions.js'
import { getProfileRoute, retrieveProfilesRoute } from './profiles.js'
import { retrieveSessionsRoute } from './retrieve-sessions.js'
import { watchSessionRoute } from './watch-session.js'
import { watchSessionsRoute } from './watch-sessions.js'

const ROUTES: readonly (readonly [Api, readonly AnyRoute<WatchDeps>[]])[] = [
  [
    qualityOnDemand,
    [
      createSessionRoute,
      getSessionRoute,
      deleteSessionRoute,
      extendSessionRoute,
      retrieveSessionsRoute,
      listSessionsRoute,
      watchSessionRoute,
      getSessionUsageRoute,
      watchSessionsRoute,
    ],
  ],
  [qosProfiles, [getProfileRoute, retrieveProfilesRoute]],
  [
    qosProvisioning,
    [createAssignmentRoute, getAssignmentRoute, revokeAssignmentRoute, retrieveAssignmentRoute, watchAssignmentRoute],
  ],
]

/** Paths of the releases that have a separate code for an unsupported type of credential. */
const WITH_INVALID_CREDENTIAL: ReadonlySet<string> = new Set(['/quality-on-demand/v1', '/qos-provisioning/v0.3'])

export interface CamaraOptions {
  /** Metadata URL of the embedded authorization server, if it is enabled. */
  readonly openIdConnectUrl?: string | undefined
  /** The dialect of an operation, if it has one. */
  readonly dialectOf?: (operation: Operation) => Dialect<Operation, WatchDeps> | undefined
}

export async function addCamaraApis(
  app: FastifyInstance,
  deps: WatchDeps,
  gate: Gate,
  { openIdConnectUrl, dialectOf }: CamaraOptions = {},
): Promise<void> {
  const { path: publicPath } = deps.publicUrl
  for (const [api, strict] of ROUTES) {
    const routes = strict.map((route) => ({ ...route, dialect: dialectOf?.(route.operation) }))
    for (const basePath of api.basePaths) {
      const served = WITH_INVALID_CREDENTIAL.has(basePath) ? routes : routes.map(withoutInvalidCredential)
      addRoutes(app, basePath, served, deps, gate)
      const openIdConnect = openIdConnectUrl && publicPath + openIdConnectUrl
      const document = () => openApiDocument(api, { basePath, publicPath, openIdConnectUrl: openIdConnect })
      await addDocs(app, basePath, document, publicPath)
    }
  }
}

function withoutInvalidCredential(route: AnyRoute<WatchDeps>): AnyRoute<WatchDeps> {
  const { '/sinkCredential/credentialType': _, ...fieldCodes } = route.fieldCodes ?? {}
  return { ...route, fieldCodes }
}
