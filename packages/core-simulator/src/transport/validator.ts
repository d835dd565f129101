// Validation of bodies against their schemas. Violations are returned as `invalidParams` (TS 29.571).

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { Static, TSchema } from 'typebox'
import { canonicalAddress, canonicalPrefix } from '../state/addresses.js'
import { Refusal } from './answer.js'

/** 3GPP's form of addresses (TS 29.571): without leading zeros, IPv6 in lower case and without a dotted part. */
const IPV4 = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/
const IPV6 = /^(?=.*:)(:|0|[1-9a-f][0-9a-f]{0,3})(:(0|[1-9a-f][0-9a-f]{0,3})?)+$/

/** RFC 3339. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

const ajv = new Ajv({ allErrors: true, strict: false, discriminator: true, useDefaults: false })
ajv.addFormat('address', (text) => canonicalAddress(text) !== undefined)
ajv.addFormat('ipv4-address', (text) => IPV4.test(text) && canonicalAddress(text) !== undefined)
ajv.addFormat('ipv6-address', (text) => IPV6.test(text) && canonicalAddress(text) !== undefined)
ajv.addFormat('date-time', (text) => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text)))
ajv.addFormat('ipv6-prefix', (text) => /:.*\//.test(text) && canonicalPrefix(text) !== undefined)

/** Throws the violations of a body, or narrows it to the type of its schema. */
export type Check<T> = (body: unknown) => T

/** @returns a check that throws {@link Refusal} 400 */
export function checkOf<S extends TSchema>(schema: S, cause?: string): Check<Static<S>> {
  // Compiled on first use: an import does not wait for it.
  let validate: ValidateFunction | undefined
  return (body) => {
    validate ??= ajv.compile(schema)
    if (validate(body)) return body as Static<S>
    const invalidParams = (validate.errors ?? []).map(toInvalidParam)
    throw new Refusal(400, {
      title: 'Bad Request',
      detail: invalidParams.map(({ param, reason }) => `${param} ${reason}`).join('; '),
      ...(cause !== undefined && { cause }),
      invalidParams,
    })
  }
}

function toInvalidParam({ instancePath, keyword, params, message = 'is not allowed' }: ErrorObject) {
  const { missingProperty, additionalProperty, allowedValues } = params as Record<string, unknown>
  const member = missingProperty ?? additionalProperty
  const param = `${instancePath}${member === undefined ? '' : `/${String(member)}`}` || '/'
  const allowed = Array.isArray(allowedValues) ? `: ${allowedValues.join(', ')}` : ''
  const reason = keyword === 'required' ? 'is missing' : keyword === 'additionalProperties' ? 'is unknown' : message
  return { param, reason: reason + allowed }
}
