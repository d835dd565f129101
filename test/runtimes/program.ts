// An application that uses only web APIs: the same program in every runtime.

import { NetworkAsCodeClient, parseQodEvent, QodApiError, QodConnectionError } from '@rightofway/sdk'
import { qodEventRequest } from '@rightofway/sdk/testing'

export interface Setting {
  readonly url: string
  readonly key: string
  readonly oauth: { readonly tokenUrl: string; readonly clientId: string; readonly clientSecret: string }
}

const PHONE = { phoneNumber: '+36721601234567' }
const HOUR = { profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: 3600 }

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

/** @returns its observations: the same in every runtime */
export async function program({ url, key, oauth }: Setting): Promise<Record<string, unknown>> {
  const client = new NetworkAsCodeClient({ token: key, baseUrl: url })
  const device = client.devices.get(PHONE)
  const seen: Record<string, unknown> = {}
  {
    await using session = await device.createQodSession(HOUR)
    await session.settled()
    seen['status'] = session.status
    const changes = session.changes()
    const next = changes.next()
    seen['conflict'] = await caught(device.createQodSession(HOUR)).then(
      (error) => error instanceof QodApiError && error.code,
    )
    await session.delete()
    seen['change'] = await next.then(({ value }) => value?.status)
  }
  seen['left'] = (await device.sessions()).filter(({ status }) => status !== 'UNAVAILABLE').length
  const never: typeof fetch = (_input, init) =>
    new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)))
  const slow = new NetworkAsCodeClient({ token: key, baseUrl: url, fetch: never, timeoutMs: 50 })
  seen['limit'] = await caught(slow.sessions.get('x')).then(
    (error) => error instanceof QodConnectionError && error.code,
  )
  const stop = new AbortController()
  const aborted = caught(client.sessions.get('x', { signal: stop.signal }))
  stop.abort(new Error('enough'))
  seen['abort'] = await aborted.then((error) => (error as Error).message)
  const many = new NetworkAsCodeClient({ oauth, baseUrl: url })
  const lists = await Promise.all(Array.from({ length: 10 }, () => many.profiles.list({ name: 'QOS_L' })))
  seen['oauth'] = lists.filter(([profile]) => profile?.name === 'QOS_L').length
  seen['event'] = (await parseQodEvent(qodEventRequest({ token: 'secret' }), { token: 'secret' })).status
  return seen
}
