// The dependencies of use cases.

import { seconds } from '@rightofway/camara'
import type { Logger } from 'pino'
import type { Config } from '../config/schema.js'
import { AddressGuard } from '../delivery/address-guard.js'
import type { SinkClientOptions } from '../delivery/sink-client-options.js'
import { sinkPolicy } from '../delivery/sink-policy.js'
import type { Metrics } from '../observability/metrics.js'
import type { Deps, Policy } from '../usecases/deps.js'
import { assignmentIds, sessionIds } from './resource-ids.js'

interface Parts extends Omit<Deps, 'sinks' | 'policy' | 'newSessionId' | 'newAssignmentId' | 'onShortToken'> {
  readonly sinkOptions: SinkClientOptions
  readonly metrics: Metrics
  readonly log: Logger
}

export function useCaseDeps(config: Config, { sinkOptions, metrics, log, ...parts }: Parts): Deps {
  return {
    ...parts,
    sinks: sinkPolicy({ guard: new AddressGuard(sinkOptions.guard), sandbox: config.sandbox }),
    policy: policyOf(config),
    newSessionId: sessionIds(),
    newAssignmentId: assignmentIds(),
    onShortToken: (session) => {
      metrics.onShortToken()
      log.warn({ session }, 'the access token of a sink expires before its session does')
    },
  }
}

const policyOf = ({ sessions }: Config): Policy => ({
  durationCeiling: seconds(sessions.maxDuration),
  conflictRule: sessions.conflicts,
  setUpTimeout: seconds(sessions.setUpTimeout),
  createHoldMs: sessions.createHoldMs,
  extendHoldMs: sessions.extendHoldMs,
})
