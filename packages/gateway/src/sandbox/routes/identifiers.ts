import { closed, type Operation, oneOf } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { IDENTIFIER_KINDS } from '../../domain/device.js'
import { route } from '../../http/route.js'
import type { SandboxDirectory } from '../directory.js'

export interface IdentifierDeps {
  readonly sandboxDirectory: SandboxDirectory
}

const Kinds = closed({ supported: Type.Array(oneOf([...IDENTIFIER_KINDS]), { uniqueItems: true }) })

const supportIdentifiers = {
  operationId: 'supportIdentifiers',
  method: 'PUT',
  path: '/sandbox/identifiers',
  summary: 'Switch kinds of device identifiers off and on',
  tag: 'Sandbox',
  body: Kinds,
  success: {
    status: 200,
    description: 'The kinds that are supported now, among those that the gateway is configured for.',
    schema: Kinds,
  },
  errors: ['INVALID_ARGUMENT'],
} as const satisfies Operation

export const identifierRoutes = [
  route({
    operation: supportIdentifiers,
    async handle({ body }, { sandboxDirectory }: IdentifierDeps) {
      sandboxDirectory.support(body.supported)
      return { body: { supported: [...sandboxDirectory.supports] } }
    },
  }),
]
