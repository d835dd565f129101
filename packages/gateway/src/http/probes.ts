import { QodError } from '@rightofway/camara'
import type { FastifyInstance } from 'fastify'
import ipaddr from 'ipaddr.js'
import type { Registry } from 'prom-client'
import { type Prefix, prefixContains } from '../domain/address.js'
import type { Health } from '../observability/health.js'
import { sendError } from './errors.js'

export interface ProbesOptions {
  readonly health: Health
  readonly registry: Registry
  /** Whether an address may read the metrics. */
  readonly metricsAllow: readonly Prefix[]
}

/** `/healthz` (the process is alive), `/readyz` (it can do all of its work) and `/metrics` (Prometheus). */
export function addProbes(app: FastifyInstance, { health, registry, metricsAllow }: ProbesOptions): void {
  app.get('/healthz', async () => ({ alive: true }))
  app.get('/readyz', async (_request, reply) => {
    const report = await health.report()
    return reply.code(report.ready ? 200 : 503).send(report)
  })
  app.get('/metrics', async (request, reply) => {
    // On a unix socket there is no address, and whoever can open it may read this too.
    if (request.ip !== undefined && !isAllowed(request.ip, metricsAllow)) {
      return sendError(reply, new QodError('PERMISSION_DENIED', 'This address is not in metrics.allow.'))
    }
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}

function isAllowed(ip: string, allow: readonly Prefix[]): boolean {
  if (!ipaddr.isValid(ip)) return false
  const address = ipaddr.process(ip)
  const single = `${address.toString()}/${address.kind() === 'ipv4' ? 32 : 128}` as Prefix
  return allow.some((prefix) => prefixContains(prefix, single))
}
