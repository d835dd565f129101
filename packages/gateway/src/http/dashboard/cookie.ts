// The cookies by which a browser is known again. No script can read them (HttpOnly). Over https their names make browsers
// refuse one that was set by anybody else (`__Host-`).

import Type from 'typebox'

/** Of answers, in documents. */
export const SET_COOKIE_HEADER = {
  'Set-Cookie': Type.String({ maxLength: 4_096, description: 'Sets the cookie of the sign-in (RFC 6265).' }),
}

/** A cookie of ours. */
export interface Cookie {
  readonly name: string
  /** `Strict`: no other site can have it sent. `Lax`: it is sent when another site leads a person here. */
  readonly sameSite: 'Strict' | 'Lax'
}

/** Of who is signed in. */
export const SIGN_IN: Cookie = { name: 'rightofway', sameSite: 'Strict' }

/** Of a browser in which somebody has signed in before. */
export const BROWSER: Cookie = { name: 'rightofway-browser', sameSite: 'Strict' }

/** Of who is about to sign in by SSO, and is led back here from there. */
export const TICKET: Cookie = { name: 'rightofway-ticket', sameSite: 'Lax' }

const nameOf = ({ name }: Cookie, secure: boolean): string => (secure ? `__Host-${name}` : name)

/** @param maxAgeS 0 takes the cookie back */
export function cookieOf(
  cookie: Cookie,
  value: string,
  { secure, maxAgeS }: { secure: boolean; maxAgeS: number },
): string {
  const attributes = `Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=${cookie.sameSite}${secure ? '; Secure' : ''}`
  return `${nameOf(cookie, secure)}=${value}; ${attributes}`
}

/** The token of who is signed in, in the `Cookie` header of a request, if there is one. */
export const tokenIn = (header: string | undefined, secure: boolean): string | undefined =>
  valueIn(header, SIGN_IN, secure)

/** The mark of a browser that is known, in the `Cookie` header of a request, if there is one. */
export const markIn = (header: string | undefined, secure: boolean): string | undefined =>
  valueIn(header, BROWSER, secure)

/** What a cookie of ours holds, in the `Cookie` header of a request. */
export const valueIn = (header: string | undefined, cookie: Cookie, secure: boolean): string | undefined =>
  cookieIn(header, nameOf(cookie, secure))

function cookieIn(header: string | undefined, name: string): string | undefined {
  const found = header
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}
