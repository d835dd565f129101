// Kind to Nokia's clients: what their keys (compatibility `nokia`) may do differently, and the façade at `/qod/v0` for
// those that speak what came before CAMARA's 1.0. Nothing outside this folder knows of it but the line that adds it.

import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../usecases/deps.js'
import type { Gate } from '../route.js'
import { CreateAttempts } from './create-attempts.js'
import { createSession } from './create-session.js'
import { addQodV0 } from './qod-v0.js'
import { durationFor, tolerate } from './tolerance.js'

const CREATE = /^\/quality-on-demand\/[^/]+\/sessions$/

/** To be called before the routes that it is to change are added. */
export async function addNokia(app: FastifyInstance, deps: Deps, gate: Gate): Promise<void> {
  const attempts = new CreateAttempts()
  await addQodV0(app, deps, gate, attempts)

  /** What the body said of the device, before it was made what the contract wants. */
  const devicesAsSent = new WeakMap<object, unknown>()
  const isCreate = (method: string, url: string | undefined) => method === 'POST' && CREATE.test(url ?? '')

  app.addHook('preValidation', async (request) => {
    if (request.caller?.compatibility !== 'nokia' || !isObject(request.body)) return
    const body = tolerate(request.body)
    if (isCreate(request.method, request.routeOptions.url)) {
      body.asked['duration'] ??= await durationFor(deps, body.asked['qosProfile'])
      devicesAsSent.set(request, body.device)
    }
    request.body = body.asked
  })
  app.addHook('preHandler', async (request, reply) => {
    if (request.caller?.compatibility !== 'nokia' || !isCreate(request.method, request.routeOptions.url)) return
    const info = await createSession(deps, attempts, request, reply, devicesAsSent.get(request))
    return reply.code(201).type('application/json; charset=utf-8').send(info)
  })
}

const isObject = (body: unknown): body is Record<string, unknown> =>
  typeof body === 'object' && body !== null && !Array.isArray(body)
