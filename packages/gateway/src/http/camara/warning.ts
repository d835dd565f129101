import type { Resource } from '../../domain/resource.js'
import type { Session } from '../../domain/session.js'
import type { Deps } from '../../usecases/deps.js'
import { tokenWarning } from '../../usecases/sessions/token-warning.js'

/**
 * A warning besides the answer. RFC 9111 has obsoleted this header without a successor; by code 299 of RFC 7234 section
 * 5.5.7 the text is for people.
 */
export function warningHeaders(deps: Deps, session: Session): Headers | undefined {
  return reasonHeaders(session) ?? header(tokenWarning(deps, session))
}

/** The reason why the network refused or ended a session or an assignment: the contract has no member for it. */
export const reasonHeaders = (resource: Resource): Headers | undefined =>
  resource.status === 'UNAVAILABLE' ? header(resource.reason) : undefined

type Headers = Readonly<Record<string, string>>

/** In characters: reasons of networks may be long. */
const MAX_TEXT = 500

const header = (text: string | undefined): Headers | undefined =>
  text === undefined ? undefined : { warning: `299 - "${text.replaceAll(NOT_QUOTED, ' ').slice(0, MAX_TEXT)}"` }

/** Characters that a quoted-string must escape (RFC 9110 section 5.6.4), and those that are not ASCII. */
const NOT_QUOTED = /[^\x20-\x7e]|["\\]/g
