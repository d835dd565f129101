import { instant, QodError } from '@rightofway/camara'
import Type from 'typebox'
import type { Caller } from '../../domain/caller.js'
import type { Author } from '../../ports/store/audit.js'

/** Whoever can open the socket may do all, so what is said there is believed. Of a user we know the name. */
export const AUTHOR_HEADER = {
  'X-Operator': Type.String({
    pattern: '^[ -~]{1,100}$',
    minLength: 1,
    maxLength: 100,
    description:
      'Name to record as the author of the change: 1 to 100 printable ASCII characters. Through the admin socket ' +
      'only. Default: admin socket.',
  }),
}

const NAME = /^[\x20-\x7e]{1,100}$/

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
  if (!NAME.test(by)) {
    throw new QodError('INVALID_ARGUMENT', 'X-Operator (header) must be 1 to 100 printable ASCII characters')
  }
  return { by, at }
}
