// Which origin (RFC 6454) the pages of this gateway have in a browser: behind a proxy it is not the host that we are
// asked at.

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
    // `host` is what a proxy says (X-Forwarded-Host), where listen.trustProxy names it.
    return [headers.host, host].some((known) => known !== undefined && isHostOf(asked, known))
  }

/** A default port may be said or not. */
function isHostOf(asked: URL, host: string): boolean {
  const url = `${asked.protocol}//${host}`
  return URL.canParse(url) && new URL(url).host === asked.host
}

/**
 * Browsers say where a request comes from, and pages cannot make them lie.
 * @throws {QodError} `PERMISSION_DENIED` it comes from a page that is not ours
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
