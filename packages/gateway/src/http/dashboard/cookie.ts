// The cookie by which a browser is known again. No script can read it (HttpOnly), and no other site can have it sent
// (SameSite=Strict). Over https its name makes browsers refuse one that was set by anybody else (`__Host-`).

const NAME = 'rightofway'
const SECURE_NAME = `__Host-${NAME}`

const nameOf = (secure: boolean): string => (secure ? SECURE_NAME : NAME)

/** @param maxAgeS 0 takes the cookie back */
export function cookieOf(token: string, { secure, maxAgeS }: { secure: boolean; maxAgeS: number }): string {
  const attributes = `Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
  return `${nameOf(secure)}=${token}; ${attributes}`
}

/** The token in the `Cookie` header of a request, if there is one. */
export function tokenIn(header: string | undefined, secure: boolean): string | undefined {
  return cookieIn(header, nameOf(secure))
}

export function cookieIn(header: string | undefined, name: string): string | undefined {
  const found = header
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}
