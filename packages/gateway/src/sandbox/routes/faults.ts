import type { ApplicationId, ErrorInfo } from '@rightofway/camara'
import { closed, type Operation, oneOf } from '@rightofway/camara/schemas'
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Caller } from '../../domain/caller.js'
import { Id } from '../../http/admin/schemas.js'
import { route } from '../../http/route.js'
import { FAULTS, type Fault, type SandboxFaults } from '../faults.js'

const tag = 'Sandbox'

export interface FaultDeps {
  readonly faults: SandboxFaults
}

const planFault = {
  operationId: 'planFault',
  method: 'POST',
  path: '/sandbox/faults',
  summary: 'Answer the next requests of applications with a fault',
  tag,
  body: closed({
    code: oneOf(Object.keys(FAULTS) as Fault[]),
    times: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Requests. Default: 1.' })),
    application: Type.Optional({
      ...Id,
      description: 'Application whose requests get the fault. Default: all applications.',
    }),
  }),
  success: { status: 204, description: 'The next requests get the fault.' },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

const clearFaults = {
  operationId: 'clearFaults',
  method: 'DELETE',
  path: '/sandbox/faults',
  summary: 'Delete the pending faults',
  tag,
  success: { status: 204, description: 'There are no pending faults.' },
  errors: [],
} as const satisfies Operation

export const faultRoutes = [
  route({
    operation: planFault,
    async handle({ body: { code, times = 1, application } }, { faults }: FaultDeps) {
      faults.plan(code, times, application as ApplicationId | undefined)
      return {}
    },
  }),
  route({
    operation: clearFaults,
    async handle(_request, { faults }: FaultDeps) {
      faults.clear()
      return {}
    },
  }),
]

/** To be called before the routes that are to have faults are added. */
export function addFaults(app: FastifyInstance, faults: SandboxFaults): void {
  // Who asks is known by then, and what for does not matter.
  app.addHook('preParsing', (request, reply, payload, done) => {
    const { caller } = request as { readonly caller: Caller | null }
    const fault = caller === null || caller.operator ? undefined : faults.take(caller.application)
    if (fault === undefined) return done(null, payload)
    const body: ErrorInfo = {
      status: FAULTS[fault],
      code: fault,
      message: 'A fault that was requested from the sandbox.',
    }
    reply.code(body.status).type('application/json; charset=utf-8').serializer(JSON.stringify).send(body)
  })
}
