// A sink with Fastify. It reads application/json only, unless it is told of other types.

import { randomUUID } from 'node:crypto'
import { NetworkAsCodeClient, parseQodEvent, QodEventError } from '@rightofway/sdk'
import Fastify from 'fastify'

const accessToken = randomUUID()
const seen = new Set<string>()

const app = Fastify()
app.addContentTypeParser('application/cloudevents+json', { parseAs: 'string' }, (_request, text, done) =>
  done(null, text),
)
app.post('/events', async (request, reply) => {
  try {
    const event = await parseQodEvent(request, { token: accessToken })
    if (!seen.has(event.id)) console.log('event', event.status, event.statusInfo ?? '')
    seen.add(event.id)
    if (event.status === 'UNAVAILABLE')
      setImmediate(() => {
        app.close().catch(console.error)
      })
    return reply.code(204).send()
  } catch (error) {
    return reply.code(error instanceof QodEventError ? error.status : 500).send()
  }
})
const url = await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 0) })

const client = new NetworkAsCodeClient({ token: process.env['RIGHTOFWAY_KEY'] })
const session = await client.devices.get({ phoneNumber: '+36721601234567' }).createQodSession({
  profile: 'QOS_L',
  serviceIpv4: '233.252.0.2:443',
  duration: 3600,
  sink: `${url}/events`, // a sandbox allows it; elsewhere it is https
  sinkCredential: {
    credentialType: 'ACCESSTOKEN',
    accessTokenType: 'bearer',
    accessToken,
    accessTokenExpiresUtc: new Date(Date.now() + 2 * 86_400_000),
  },
})
await session.delete()
