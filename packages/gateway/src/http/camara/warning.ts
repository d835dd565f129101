import type { Resource } from '../../domain/resource.js'
import type { Session } from '../../domain/session.js'
import type { Deps } from '../../usecases/deps.js'
import { tokenWarning } from '../../usecases/sessions/token-warning.js'

/**
 * What the caller should know beside the answer. RFC 9111 has retired this header and named no other; code 299 of RFC
 * 7234 section 5.5.7 says that it is for people.
 */
export function warningHeaders(deps: Deps, session: Session): Headers | undefined {
  return reasonHeaders(session) ?? header(tokenWarning(deps, session))
}

/** Why the network refused or ended a session or an assignment: the contract has no code for it. */
export const reasonHeaders = (resource: Resource): Headers | undefined =>
  resource.status === 'UNAVAILABLE' ? header(resource.reason) : undefined

type Headers = Readonly<Record<string, string>>

/** Characters of a text; networks may have much to say. */
const MAX_TEXT = 500

const header = (text: string | undefined): Headers | undefined =>
  text === undefined ? undefined : { warning: `299 - "${text.replaceAll(NOT_QUOTED, ' ').slice(0, MAX_TEXT)}"` }

/** What a quoted-string cannot hold as it is (RFC 9110 section 5.6.4), and what is not ASCII. */
const NOT_QUOTED = /[^\x20-\x7e]|["\\]/g
