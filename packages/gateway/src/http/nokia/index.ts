// Compatibility with Nokia's clients: what their keys (compatibility `nokia`) may do differently, as a dialect of the
// contract's routes, and the façade at `/qod/v0` for clients from before CAMARA's 1.0. Outside this folder only
// the lines that add it depend on it.

import { createSession as createOperation, type Operation } from '@rightofway/camara/schemas'
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../../domain/caller.js'
import type { Deps } from '../../usecases/deps.js'
import type { Dialect, Gate } from '../route.js'
import { CreateAttempts } from './create-attempts.js'
import { createSession, withPlannedTimes } from './create-session.js'
import { addQodV0 } from './qod-v0.js'
import { isMembers, tolerate, withDuration } from './tolerance.js'

export interface Nokia {
  /** The dialect of an operation of the CAMARA APIs for their keys; undefined if it has no body. */
  dialectOf(operation: Operation): Dialect<Operation, Deps> | undefined
}

export async function addNokia(app: FastifyInstance, deps: Deps, gate: Gate): Promise<Nokia> {
  const attempts = new CreateAttempts()
  await addQodV0(app, deps, gate, attempts)
  const speaks = ({ compatibility }: Caller) => compatibility === 'nokia'
  const tolerant: Dialect<Operation, Deps> = {
    speaks,
    read: (body) => (isMembers(body) ? tolerate(body).asked : body),
  }
  const create: Dialect<typeof createOperation, Deps> = {
    speaks,
    read: (body) => (isMembers(body) ? withDuration(tolerate(body).asked, deps) : body),
    async handle(request) {
      return { body: withPlannedTimes(await createSession(deps, attempts, request)) }
    },
  }
  return {
    dialectOf({ operationId, body }) {
      if (body === undefined) return undefined
      return operationId === createOperation.operationId ? (create as typeof tolerant) : tolerant
    },
  }
}
