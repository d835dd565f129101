// A sink with Express: events of a session come to it, each with the token that only the gateway was told.

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { NetworkAsCodeClient, parseQodEvent, QodEventError } from '@rightofway/sdk'
import express from 'express'

const accessToken = randomUUID()
/** Ids of events that were seen: a repeat has the id of its first. Your database, in real life. */
const seen = new Set<string>()

const app = express()
app.post('/events', async (request, response) => {
  try {
    const event = await parseQodEvent(request, { token: accessToken })
    if (!seen.has(event.id)) console.log('event', event.status, event.statusInfo ?? '')
    seen.add(event.id)
    response.sendStatus(204)
    if (event.status === 'UNAVAILABLE') server.close()
  } catch (error) {
    // What is not an event of ours is refused; everything else is a fault of ours, and the event will come again.
    response.sendStatus(error instanceof QodEventError ? error.status : 500)
  }
})
const server = app.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

const client = new NetworkAsCodeClient({ token: process.env['RIGHTOFWAY_KEY'] })
const session = await client.devices.get({ phoneNumber: '+36721601234567' }).createQodSession({
  profile: 'QOS_L',
  serviceIpv4: '233.252.0.2:443',
  duration: 3600,
  sink: `http://127.0.0.1:${port}/events`, // a sandbox allows it; elsewhere it is https
  sinkCredential: {
    credentialType: 'ACCESSTOKEN',
    accessTokenType: 'bearer',
    accessToken,
    accessTokenExpiresUtc: new Date(Date.now() + 2 * 86_400_000),
  },
})
await session.delete()
