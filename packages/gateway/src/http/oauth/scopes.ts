// Validation of scopes (RFC 6749 section 3.3, CAMARA Security and Interoperability Profile r4.2).

import { isKnownPurpose, isPurpose } from '../../auth/callers/purposes.js'

/** Like a purpose, it names no operation of an API. */
const OPENID = 'openid'

export interface ScopeRules {
  /** The scopes of the client. */
  readonly allowed: ReadonlySet<string>
  /** Whether an ID token is issued: then `openid` alone is a valid scope. */
  readonly idToken: boolean
  /** Whether a purpose is required (CAMARA). */
  readonly purposeRequired: boolean
}

/**
 * The error in a `scope`; undefined: none.
 * @param asked the scope of the request
 */
export function scopeTrouble(asked: string, { allowed, idToken, purposeRequired }: ScopeRules): string | undefined {
  const names = asked.split(' ')
  if (names.includes('')) return 'scope must be names separated by one space'
  const stranger = names.find((name) => name !== OPENID && !isPurpose(name) && !allowed.has(name))
  if (stranger !== undefined) return 'scope must name scopes that this client may have'
  const purposes = names.filter(isPurpose)
  if (purposes.length > 1) return 'scope can contain only one purpose'
  if (!purposes.every(isKnownPurpose)) {
    return 'scope must name a purpose of the W3C Data Privacy Vocabulary, such as dpv:RequestedServiceProvision'
  }
  if (purposeRequired && purposes.length === 0) {
    return 'scope must name one purpose, such as dpv:RequestedServiceProvision'
  }
  if (!idToken && names.every((name) => name === OPENID || isPurpose(name))) {
    return 'scope must name a scope of an API'
  }
  return undefined
}
