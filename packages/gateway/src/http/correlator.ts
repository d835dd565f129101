import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { X_CORRELATOR_PATTERN } from '@rightofway/camara/schemas'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** The correlator that a request came with, if it is one. */
export function correlatorIn(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['x-correlator']
  return typeof given === 'string' && given !== '' && X_CORRELATOR_PATTERN.test(given) ? given : undefined
}

/**
 * Gives a request its correlator, the one it came with or a new one, and has the answer carry it whatever it will be.
 * One that cannot be goes nowhere; the request says so in `correlatorRefused`.
 */
export function correlate(request: FastifyRequest, reply: FastifyReply): void {
  const given = correlatorIn(request.headers)
  request.correlator = given ?? randomUUID()
  request.correlatorGiven = given !== undefined
  request.correlatorRefused = given === undefined && (request.headers['x-correlator'] ?? '') !== ''
  reply.header('x-correlator', request.correlator)
}
