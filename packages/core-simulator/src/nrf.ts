// Nnrf_NFDiscovery (TS 29.510 section 5.3): the registered PCF, another instance after each of its starts.

import { type Answer, Refusal } from './transport/answer.js'
import type { Operation } from './transport/router.js'

export interface NrfParts {
  readonly host: string
  readonly port: number
  /** The PCF's instance since its last start. */
  pcf(): { readonly instanceId: string; readonly startedAt: Date }
}

/** How long a consumer may cache the answer, in seconds. */
const VALIDITY_S = 30

export function nrfOperations({ host, port, pcf }: NrfParts): Operation[] {
  return [
    {
      door: 'nrf',
      name: 'discover',
      method: 'GET',
      path: '/nnrf-disc/v1/nf-instances',
      handle({ query }): Answer {
        for (const name of ['target-nf-type', 'requester-nf-type']) {
          if (query.get(name)) continue
          const cause = 'MANDATORY_QUERY_PARAM_MISSING'
          throw new Refusal(400, { title: 'Bad Request', cause, detail: `${name} is missing` })
        }
        const nfInstances = query.get('target-nf-type') === 'PCF' ? [profileOf(host, port, pcf())] : []
        return { status: 200, body: { validityPeriod: VALIDITY_S, nfInstances } }
      },
    },
  ]
}

const profileOf = (host: string, port: number, { instanceId, startedAt }: ReturnType<NrfParts['pcf']>): object => ({
  nfInstanceId: instanceId,
  nfType: 'PCF',
  nfStatus: 'REGISTERED',
  ipv4Addresses: [host],
  nfServices: [
    {
      serviceInstanceId: '1',
      serviceName: 'npcf-policyauthorization',
      versions: [{ apiVersionInUri: 'v1', apiFullVersion: '1.2.0' }],
      scheme: 'http',
      nfServiceStatus: 'REGISTERED',
      ipEndPoints: [{ ipv4Address: host, port }],
      recoveryTime: startedAt.toISOString(),
    },
  ],
})
