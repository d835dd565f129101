// Receivers of events as applications write them: each framework with its usual skeleton and one `parseQodEvent`.

import { createServer } from 'node:http'
import { parseQodEvent, QodEventError } from '@rightofway/sdk'

const options = { token: process.env.SINK_TOKEN, secret: process.env.SINK_SECRET || undefined }

/** The handling of events, and of other requests. */
async function answerTo(request) {
  try {
    return { status: 200, body: JSON.stringify(await parseQodEvent(request, options)) }
  } catch (error) {
    if (!(error instanceof QodEventError)) return { status: 500, body: `${error.name}: ${error.message}` }
    return { status: error.status, body: error.message }
  }
}

/** @param middleware of the skeleton before the route */
async function expressApp(name, middleware) {
  const { default: express } = await import(name)
  const app = express()
  for (const each of middleware(express)) app.use(each)
  app.post('/events', async (request, response) => {
    const { status, body } = await answerTo(request)
    response.status(status).send(body)
  })
  return createServer(app)
}

/** JSON of the default media type; of every type; of every type, with the bytes kept for the signature. */
const MIDDLEWARE = {
  'and nothing before the route': () => [],
  'behind express.json()': (express) => [express.json(), express.urlencoded({ extended: true })],
  'behind express.json() of every type': (express) => [express.json({ type: '*/*' })],
  'behind express.text()': (express) => [express.text({ type: '*/*' })],
  'behind express.raw()': (express) => [express.raw({ type: '*/*' })],
  'behind express.json() that keeps the bytes': (express) => [
    express.json({
      type: '*/*',
      verify: (request, _response, bytes) => {
        request.rawBody = bytes
      },
    }),
  ],
}

async function nestApp(settings, middleware) {
  await import('reflect-metadata')
  const { Controller, HttpCode, Module, Post, Req } = await import('@nestjs/common')
  const { NestFactory } = await import('@nestjs/core')
  class Events {
    async receive(request) {
      const { status, body } = await answerTo(request)
      request.res.status(status)
      return body
    }
  }
  const method = Object.getOwnPropertyDescriptor(Events.prototype, 'receive')
  Req()(Events.prototype, 'receive', 0)
  HttpCode(200)(Events.prototype, 'receive', method)
  Post('events')(Events.prototype, 'receive', method)
  Controller()(Events)
  class App {}
  Module({ controllers: [Events] })(App)
  const app = await NestFactory.create(App, { logger: false, ...settings })
  middleware?.(app)
  await app.init()
  return app.getHttpServer()
}

async function fastifyApp(parseAs) {
  const { default: Fastify } = await import('fastify')
  const app = Fastify()
  if (parseAs === undefined) {
    // The handler reads the request: the usual way to accept bodies of any type.
    app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  } else {
    app.addContentTypeParser('application/cloudevents+json', { parseAs }, (_request, body, done) => done(null, body))
  }
  app.post('/events', async (request, reply) => {
    const { status, body } = await answerTo(parseAs === undefined ? request.raw : request)
    return reply.code(status).send(body)
  })
  await app.ready()
  return app.server
}

async function honoApp() {
  const { Hono } = await import('hono')
  const { createAdaptorServer } = await import('@hono/node-server')
  const app = new Hono()
  app.post('/events', async (context) => {
    const { status, body } = await answerTo(context.req.raw)
    return context.body(body, status)
  })
  return createAdaptorServer({ fetch: app.fetch })
}

const RECEIVERS = {
  ...Object.fromEntries(
    ['express4', 'express5'].flatMap((name) =>
      Object.entries(MIDDLEWARE).map(([before, make]) => [`${name} ${before}`, () => expressApp(name, make)]),
    ),
  ),
  'NestJS as it comes': () => nestApp({}),
  'NestJS that keeps the bytes': () => nestApp({ rawBody: true }, (app) => app.useBodyParser('json', { type: '*/*' })),
  'Fastify with a parser to text': () => fastifyApp('string'),
  'Fastify with a parser to bytes': () => fastifyApp('buffer'),
  'Fastify that leaves the body': () => fastifyApp(),
  Hono: honoApp,
  'node:http': async () =>
    createServer(async (request, response) => {
      const { status, body } = await answerTo(request)
      response.writeHead(status).end(body)
    }),
}

const ports = {}
for (const [name, make] of Object.entries(RECEIVERS)) {
  const server = await make()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  ports[name] = server.address().port
}
process.send({ ports })
