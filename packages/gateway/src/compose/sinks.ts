import type { Mutable } from '@rightofway/camara'
import { prefixes } from '../config/prefixes.js'
import type { Config } from '../config/schema.js'
import { readCertificates } from '../config/tls-files.js'
import { ATTEMPT_TIMEOUT_MS } from '../delivery/deliverer.js'
import { BOUNDS } from '../delivery/queues.js'
import type { SinkClientOptions } from '../delivery/sink-client-options.js'
import type { Prefix } from '../domain/address.js'

const SINK_CONNECT_TIMEOUT_MS = 5_000
const LOOPBACK = ['127.0.0.0/8', '::1/128'] as Prefix[]

/**
 * How sinks are reached.
 * @param authority PEM of a certificate authority that is trusted beside the configured ones
 */
export function sinkClientOptions({ sinks, sandbox }: Config, authority: string | undefined): SinkClientOptions {
  const options: Mutable<SinkClientOptions> = {
    guard: { allow: [...prefixes(sinks.allow), ...(sandbox ? LOOPBACK : [])] },
    connectTimeoutMs: SINK_CONNECT_TIMEOUT_MS,
    connectionsPerHost: BOUNDS.perHost,
    timeoutMs: ATTEMPT_TIMEOUT_MS,
  }
  if (sinks.proxy !== undefined) options.proxy = sinks.proxy
  if (sinks.nameServers.length > 0) options.nameServers = sinks.nameServers
  const configured = sinks.ca === undefined ? undefined : readCertificates('sinks.ca', sinks.ca)
  const trusted = [configured, authority].filter((pem) => pem !== undefined)
  if (trusted.length > 0) options.ca = trusted.join('\n')
  return options
}
