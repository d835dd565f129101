// For runtimes that have fetch and no Node: a worker that opens a session for whoever asks, and is its sink as well.

import { NetworkAsCodeClient, parseQodEvent, QodApiError, QodEventError } from '@rightofway/sdk'

interface Environment {
  readonly RIGHTOFWAY_URL: string
  readonly RIGHTOFWAY_KEY: string
  readonly SINK_TOKEN: string
}

export default {
  async fetch(request: Request, env: Environment): Promise<Response> {
    const { pathname } = new URL(request.url)
    return pathname === '/events' ? takeEvent(request, env) : openSession(request, env)
  },
}

async function openSession(request: Request, env: Environment): Promise<Response> {
  const { phoneNumber } = (await request.json()) as { phoneNumber: string }
  const client = new NetworkAsCodeClient({ baseUrl: env.RIGHTOFWAY_URL, token: env.RIGHTOFWAY_KEY })
  try {
    const session = await client.devices.get({ phoneNumber }).createQodSession('QOS_M', {
      serviceIpv4: '233.252.0.2:443',
      duration: 600,
    })
    return Response.json({ id: session.id, status: session.status, until: session.expiresAt })
  } catch (error) {
    if (!(error instanceof QodApiError)) throw error
    return Response.json({ reason: error.code }, { status: error.status })
  }
}

async function takeEvent(request: Request, env: Environment): Promise<Response> {
  try {
    const event = await parseQodEvent(request, { token: env.SINK_TOKEN })
    console.log('event', event.sessionId, event.status, event.statusInfo ?? '')
    return new Response(null, { status: 204 })
  } catch (error) {
    if (!(error instanceof QodEventError)) throw error
    return new Response(error.message, { status: error.status })
  }
}
