import type { Gateway } from '@rightofway/gateway'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'

/** Calls a gateway's admin API in process, and returns its answer. */
export type CallAdmin = (
  method: Method,
  path: string,
  body?: object,
) => Promise<Awaited<ReturnType<Gateway['adminApp']['inject']>>>

/** Calls it as well. Rejects with the gateway's message. */
export type Admin = <T = void>(method: Method, path: string, body?: object) => Promise<T>

export const adminOf =
  (call: CallAdmin): Admin =>
  async (method, path, body) => {
    const answer = await call(method, path, body)
    if (answer.statusCode < 400) return (answer.body === '' ? undefined : JSON.parse(answer.body)) as never
    throw new RangeError(`the sandbox refuses: ${answer.json<{ message: string }>().message}`)
  }
