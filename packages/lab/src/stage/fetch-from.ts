import type { Station } from '../traffic/station-process.js'

/**
 * A `fetch` that sends from a station to `origin`, instead of the request's origin: the SDK allows plain HTTP to its
 * own machine only, and all namespaces are on it.
 */
export const fetchFrom =
  (station: Station, origin: string): typeof fetch =>
  async (input, init = {}) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input)
    const { status, headers, body } = await station.tell('request', {
      url: `${origin}${pathname}${search}`,
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(typeof init.body === 'string' && { body: init.body }),
    })
    return new Response(body === '' ? null : body, { status, headers })
  }
