import { instant, QodError } from '@rightofway/camara'
import { described, printableHeader } from '@rightofway/camara/schemas'
import type { Caller } from '../../domain/caller.js'
import type { Author } from '../../ports/store/audit.js'

export const OPERATOR_NAME = printableHeader(100)

/** Trusted on the admin socket, as whoever can open it may do all. For a user, the name is known. */
export const AUTHOR_HEADER = {
  'X-Operator': described(
    OPERATOR_NAME.schema,
    `Name to record as the author of the change: ${OPERATOR_NAME.allowed}. Through the admin socket only. ` +
      'Default: admin socket.',
  ),
}

interface Authored {
  readonly caller: Caller
  header(name: string): string | undefined
}

/** @throws {QodError} `INVALID_ARGUMENT` */
export function authorOf(request: Authored, realNow: () => number): Author {
  const { operator } = request.caller
  const at = instant(realNow())
  if (operator?.user !== undefined) return { by: operator.name, at }
  const by = request.header('x-operator') ?? operator?.name ?? 'nobody'
  if (!OPERATOR_NAME.pattern.test(by)) {
    throw new QodError('INVALID_ARGUMENT', `X-Operator (header) must be ${OPERATOR_NAME.allowed}`)
  }
  return { by, at }
}
