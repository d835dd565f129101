// UE address retrieval (TS 29.522, Release 18): the addresses of a device with a known phone number.

import Type from 'typebox'
import { pduSessionOfGpsi } from './state/pdu-sessions.js'
import type { Store } from './state/store.js'
import { type Answer, Refusal } from './transport/answer.js'
import type { Operation } from './transport/router.js'
import { checkOf } from './transport/validator.js'

const checkRequest = checkOf(
  Type.Object({
    afId: Type.String(),
    gpsi: Type.String({ minLength: 1 }),
    suppFeat: Type.Optional(Type.String({ pattern: '^[A-Fa-f0-9]*$' })),
  }),
  'INVALID_MSG_FORMAT',
)

/** Of a body that is not yet validated. */
function gpsiIn(body: unknown): string {
  const { gpsi } = (body ?? {}) as { gpsi?: unknown }
  return typeof gpsi === 'string' ? gpsi : ''
}

export function ueAddressOperations(store: Store): Operation[] {
  return [
    {
      door: 'ue-address',
      name: 'retrieve',
      method: 'POST',
      path: '/3gpp-ue-address/v1/retrieve',
      consumes: ['application/json'],
      device: ({ body }) => pduSessionOfGpsi(store, gpsiIn(body))?.ipv4,
      handle({ body }): Answer {
        const session = pduSessionOfGpsi(store, checkRequest(body).gpsi)
        if (session === undefined) {
          throw new Refusal(404, { title: 'Not Found', detail: 'The device is unknown, or has no PDU session' })
        }
        const { ipv4, ipv6Prefix } = session
        const ueIpAddrs = [...(ipv4 ? [{ ipv4Addr: ipv4 }] : []), ...(ipv6Prefix ? [{ ipv6Prefix }] : [])]
        return { status: 200, body: { ueIpAddrs } }
      },
    },
  ]
}
