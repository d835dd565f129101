// A proxy that is not configured: all its clients have its address, and share the limits of an address.

import type { FastifyInstance } from 'fastify'
import ipaddr from 'ipaddr.js'

/** Ranges of addresses that identify no person: a proxy is nearly always in one of them. */
const INSIDE: readonly string[] = ['loopback', 'private', 'uniqueLocal', 'linkLocal']

/**
 * Reports the first request with X-Forwarded-For from a peer that is not trusted.
 * Call it before routes are added.
 * @param tell gets the peer's address if it is in an internal range: another may be a subscriber's
 */
export function noticeUntrustedProxy(app: FastifyInstance, tell: (peer: string | undefined) => void): void {
  let told = false
  app.addHook('onRequest', (request, _reply, done) => {
    // For a trusted peer, `ips` also has the forwarded addresses.
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
