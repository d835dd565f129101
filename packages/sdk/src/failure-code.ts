// Maps the errors of each runtime's `fetch` to one code.

import type { ConnectionErrorCode } from './errors.js'

/** No connection was made. (Node and Deno: errno and certificate errors; undici; Bun.) */
const NEVER_MADE =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|FailedToOpenSocket|.*(CERT|VERIFY).*)$/

export function failureCode(error: unknown): ConnectionErrorCode {
  if ((error as Error | undefined)?.name === 'TimeoutError') return 'TIMEOUT'
  return codesOf(error).some((code) => NEVER_MADE.test(code)) ? 'CONNECT_FAILED' : 'CONNECTION_LOST'
}

/** The codes of an error and of its causes. */
export function codesOf(error: unknown): string[] {
  const { code, cause } = Object(error) as { code?: unknown; cause?: unknown }
  return [...(typeof code === 'string' ? [code] : []), ...(cause === undefined ? [] : codesOf(cause))]
}
