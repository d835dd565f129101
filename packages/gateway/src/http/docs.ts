import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/** All that the page needs comes with it: nothing is fetched from elsewhere, be it a script, a font or a badge. */
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
 * @param make gives the document; called once, when somebody asks: it takes long, and most processes are never asked
 * @param publicPath what a proxy in front puts before our paths
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
    // The plugin wants a document at once. What asks for one is the page, by this method.
    await scope.register(fastifySwagger, { mode: 'static', specification: { document: {} as never } })
    scope.swagger = document as never
    await scope.register(fastifySwaggerUi, { routePrefix: `${basePath}/docs`, indexPrefix: publicPath, staticCSP: CSP })
    scope.get(`${basePath}/openapi.json`, (_request, reply) => reply.send(document()))
  })
}
