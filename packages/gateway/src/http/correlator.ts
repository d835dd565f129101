import { randomUUID } from 'node:crypto'
import { X_CORRELATOR_PATTERN } from '@rightofway/camara/schemas'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Gives a request its correlator, the one it came with or a new one, and has the answer carry it whatever it will be.
 * @returns false if it came with one that cannot be: that one goes nowhere
 */
export function correlate(request: FastifyRequest, reply: FastifyReply): boolean {
  const given = request.headers['x-correlator']
  const valid = typeof given === 'string' && given !== '' && X_CORRELATOR_PATTERN.test(given)
  const correlator = valid ? given : randomUUID()
  request.correlator = correlator
  request.correlatorGiven = valid
  reply.header('x-correlator', correlator)
  return valid || given === undefined || given === ''
}
