// Calls of the admin API, from the page that is signed in.

import type { ErrorInfo } from '@rightofway/camara'
import { ADMIN_API } from '../lib/base.js'
import type { Me } from './types.js'

/** A refusal in the gateway's own words. `status` 0: it did not answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

let csrfToken = ''
let onSignedOut: () => void = () => undefined

/** From now on requests are those of this sign-in. */
export function beSignedIn(me: Me, signedOut: () => void): void {
  csrfToken = me.csrfToken
  onSignedOut = signedOut
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** @throws {ApiError} */
export async function call<T = void>(method: Method, path: string, body?: object): Promise<T> {
  const headers: Record<string, string> = {}
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (method !== 'GET') headers['x-csrf-token'] = csrfToken
  const request: RequestInit = { method, headers, credentials: 'same-origin' }
  if (body !== undefined) request.body = JSON.stringify(body)
  let answer: Response
  try {
    answer = await fetch(ADMIN_API + path, request)
  } catch {
    throw new ApiError(0, 'UNREACHABLE', 'The gateway does not answer.')
  }
  const text = await answer.text()
  if (answer.ok) return (text === '' ? undefined : JSON.parse(text)) as T
  const refusal = toRefusal(answer.status, text)
  if (answer.status === 401 && csrfToken !== '') onSignedOut()
  throw refusal
}

function toRefusal(status: number, text: string): ApiError {
  try {
    const { code, message } = JSON.parse(text) as ErrorInfo
    return new ApiError(status, code, message)
  } catch {
    return new ApiError(status, 'INTERNAL', `The answer was ${status}.`)
  }
}

export const get = <T>(path: string): Promise<T> => call<T>('GET', path)

/** A value as a part of a path. */
export const part = (value: string): string => encodeURIComponent(value)
