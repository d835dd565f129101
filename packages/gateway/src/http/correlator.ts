import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { X_CORRELATOR_PATTERN } from '@rightofway/camara/schemas'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** The correlator of a request, if it is valid. */
export function correlatorIn(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['x-correlator']
  return typeof given === 'string' && given !== '' && X_CORRELATOR_PATTERN.test(given) ? given : undefined
}

/**
 * Sets the correlator of a request, the sent one or a new one, and adds it to every answer.
 * A malformed one is replaced, and the request has `correlatorRefused`.
 */
export function correlate(request: FastifyRequest, reply: FastifyReply): void {
  const given = correlatorIn(request.headers)
  request.correlator = given ?? randomUUID()
  request.correlatorGiven = given !== undefined
  request.correlatorRefused = given === undefined && (request.headers['x-correlator'] ?? '') !== ''
  reply.header('x-correlator', request.correlator)
}
