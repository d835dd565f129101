// A proxy that nobody told us of: all its clients have its address, and share what is counted by address.

import type { FastifyInstance } from 'fastify'
import ipaddr from 'ipaddr.js'

/** Of networks whose addresses are no person's: a proxy in front is nearly always in one of them. */
const INSIDE: readonly string[] = ['loopback', 'private', 'uniqueLocal', 'linkLocal']

/**
 * Tells of the first request that says by X-Forwarded-For that it was passed on, from a peer that is not trusted.
 * To be called before routes are added.
 * @param tell gets the peer's address if it is one of an inside network: another may be a subscriber's
 */
export function noticeUntrustedProxy(app: FastifyInstance, tell: (peer: string | undefined) => void): void {
  let told = false
  app.addHook('onRequest', (request, _reply, done) => {
    // Of a peer that is trusted, what it says stands in `ips` beside it.
    if (!told && request.headers['x-forwarded-for'] !== undefined && (request.ips?.length ?? 1) < 2) {
      told = true
      tell(insideAddress(request.socket.remoteAddress))
    }
    done()
  })
}

function insideAddress(address: string | undefined): string | undefined {
  if (address === undefined || !ipaddr.isValid(address)) return undefined
  const parsed = ipaddr.process(address)
  return INSIDE.includes(parsed.range()) ? parsed.toString() : undefined
}
