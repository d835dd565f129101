// The cookies of the dashboard. No script can read them (HttpOnly). Over https, their names (`__Host-`) make browsers
// refuse cookies that another host has set.

import Type from 'typebox'

/** Of answers, in documents. */
export const SET_COOKIE_HEADER = {
  'Set-Cookie': Type.String({ maxLength: 4_096, description: 'Sets the cookie of the sign-in (RFC 6265).' }),
}

/** A cookie of the dashboard. */
export interface Cookie {
  readonly name: string
  /** `Strict`: requests from other sites do not send it. `Lax`: navigation from another site sends it. */
  readonly sameSite: 'Strict' | 'Lax'
}

/** Of a sign-in. */
export const SIGN_IN: Cookie = { name: 'rightofway', sameSite: 'Strict' }

/** Of a browser in which a user has signed in before. */
export const BROWSER: Cookie = { name: 'rightofway-browser', sameSite: 'Strict' }

/** Of a sign-in by SSO that has begun: the provider redirects back here. */
export const TICKET: Cookie = { name: 'rightofway-ticket', sameSite: 'Lax' }

const nameOf = ({ name }: Cookie, secure: boolean): string => (secure ? `__Host-${name}` : name)

/** @param maxAgeS 0 deletes the cookie */
export function cookieOf(
  cookie: Cookie,
  value: string,
  { secure, maxAgeS }: { secure: boolean; maxAgeS: number },
): string {
  const attributes = `Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=${cookie.sameSite}${secure ? '; Secure' : ''}`
  return `${nameOf(cookie, secure)}=${value}; ${attributes}`
}

/** The sign-in token in the `Cookie` header of a request, if there is one. */
export const tokenIn = (header: string | undefined, secure: boolean): string | undefined =>
  valueIn(header, SIGN_IN, secure)

/** The mark of a known browser in the `Cookie` header of a request, if there is one. */
export const markIn = (header: string | undefined, secure: boolean): string | undefined =>
  valueIn(header, BROWSER, secure)

/** The value of a cookie in the `Cookie` header of a request. */
export const valueIn = (header: string | undefined, cookie: Cookie, secure: boolean): string | undefined =>
  cookieIn(header, nameOf(cookie, secure))

function cookieIn(header: string | undefined, name: string): string | undefined {
  const found = header
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}
