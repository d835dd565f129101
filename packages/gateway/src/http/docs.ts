import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/** The page loads no script, font or badge from other origins. */
const CSP = [
  "default-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'self'",
  "frame-ancestors 'self'",
].join('; ')

/**
 * Serves an OpenAPI document at `/openapi.json`, and a page to read and try it at `/docs`, both below `basePath`.
 * @param make creates the document; called once, with the first request: it takes long, and most processes get none
 * @param publicPath prefix that a proxy adds to our paths
 */
export async function addDocs(
  app: FastifyInstance,
  basePath: string,
  make: () => object,
  publicPath = '',
): Promise<void> {
  let made: object | undefined
  const document = () => {
    made ??= make()
    return made
  }
  await app.register(async (scope) => {
    // The plugin requires a document now. The page gets it through `swagger`.
    await scope.register(fastifySwagger, { mode: 'static', specification: { document: {} as never } })
    scope.swagger = document as never
    await scope.register(fastifySwaggerUi, { routePrefix: `${basePath}/docs`, indexPrefix: publicPath, staticCSP: CSP })
    scope.get(`${basePath}/openapi.json`, (_request, reply) => reply.send(document()))
  })
}
