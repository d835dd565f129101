import type { Session } from '../../domain/session.js'
import type { Deps } from '../../usecases/deps.js'
import { tokenWarning } from '../../usecases/sessions/token-warning.js'

/**
 * What the caller should know beside the answer. RFC 9111 has retired this header and named no other; code 299 of RFC
 * 7234 section 5.5.7 says that it is for people.
 */
export function warningHeaders(deps: Deps, session: Session): Readonly<Record<string, string>> | undefined {
  const warning = tokenWarning(deps, session)
  return warning === undefined ? undefined : { warning: `299 - "${warning}"` }
}
