import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/** Serves an OpenAPI document at `/openapi.json`, and a page to read and try it at `/docs`, both below `basePath`. */
export async function addDocs(app: FastifyInstance, basePath: string, document: object): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(fastifySwagger, { mode: 'static', specification: { document: document as never } })
    await scope.register(fastifySwaggerUi, { routePrefix: `${basePath}/docs`, staticCSP: true })
    scope.get(`${basePath}/openapi.json`, (_request, reply) => reply.send(document))
  })
}
