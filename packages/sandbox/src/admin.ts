import type { Gateway } from '@rightofway/gateway'

/** Calls the gateway's admin API in process. Rejects in the gateway's own words. */
export type Admin = <T = void>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object) => Promise<T>

export const adminOf =
  ({ adminApp }: Gateway): Admin =>
  async (method, path, body) => {
    const answer = await adminApp.inject({ method, url: `/admin/v1${path}`, ...(body && { payload: body }) })
    if (answer.statusCode < 400) return (answer.body === '' ? undefined : JSON.parse(answer.body)) as never
    throw new RangeError(`the sandbox refuses: ${answer.json<{ message: string }>().message}`)
  }
