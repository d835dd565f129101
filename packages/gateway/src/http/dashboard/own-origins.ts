// The origin (RFC 6454) of this gateway's pages in a browser: behind a proxy it differs from the host of the
// request.

import { QodError } from '@rightofway/camara'
import type { FastifyRequest } from 'fastify'
import type { PublicUrl } from '../../ports/public-url.js'

/** Whether an origin is that of our own pages. */
export type OwnOrigins = (origin: string, request: FastifyRequest) => boolean

export const ownOrigins =
  (publicUrl: PublicUrl): OwnOrigins =>
  (origin, { headers, host }) => {
    if (!URL.canParse(origin)) return false
    const asked = new URL(origin)
    if (asked.origin === new URL(publicUrl.value).origin) return true
    // From a proxy that listen.trustProxy names, `host` is X-Forwarded-Host.
    return [headers.host, host].some((known) => known !== undefined && isHostOf(asked, known))
  }

/** A default port may be present or not. */
function isHostOf(asked: URL, host: string): boolean {
  const url = `${asked.protocol}//${host}`
  return URL.canParse(url) && new URL(url).host === asked.host
}

/**
 * Browsers send the origin of a request, and pages cannot forge it.
 * @throws {QodError} `PERMISSION_DENIED` the request comes from another site
 */
export function refuseOtherSites(request: FastifyRequest, ours: OwnOrigins): void {
  const { origin } = request.headers
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new QodError('PERMISSION_DENIED', 'This request comes from a page of another site.')
  }
  if (origin === undefined || ours(origin, request)) return
  throw new QodError(
    'PERMISSION_DENIED',
    'This request comes from a page of another site. If it comes from the dashboard behind a proxy, set publicUrl to ' +
      "the dashboard's URL without /dashboard, or add the proxy to listen.trustProxy.",
  )
}
