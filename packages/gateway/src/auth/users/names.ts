// Names of people and applications, and which of them could be mistaken for another.

import { QodError } from '@rightofway/camara'

/** What the audit log and the history of changes call those who are no users. */
const RESERVED: ReadonlySet<string> = new Set([
  'admin',
  'adminapi',
  'adminsocket',
  'anonymous',
  'gateway',
  'nobody',
  'rightofway',
  'root',
  'sandbox',
  'somebody',
  'stranger',
  'system',
  'thefirststart',
])

/** Letters, marks and symbols that are not displayed, beyond the categories C and Z (Unicode; Braille blank). */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800]/gu

/** Letters of these scripts look like Latin ones. A word that mixes them is a disguise (UTS #39 section 5). */
const LOOKALIKE = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u
const isMixed = (word: string): boolean => LOOKALIKE.test(word) && /\p{Script=Latin}/u.test(word)

/** A name in the form in which it is stored: variants of one letter become the same letter (Unicode NFKC). */
export const uniform = (name: string): string => name.normalize('NFKC').replaceAll(/ {2,}/g, ' ').trim()

/** Whether a name could be mistaken for what is not a user: letters and digits alone count. */
export const isReservedName = (name: string): boolean =>
  RESERVED.has(
    uniform(name)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, ''),
  )

/** @throws {QodError} `INVALID_ARGUMENT` some characters of the name are not displayed */
export function checkVisible(name: string): void {
  if (name.search(INVISIBLE) === -1) return
  throw new QodError('INVALID_ARGUMENT', 'name must not contain characters that are not displayed')
}

/** @throws {QodError} `INVALID_ARGUMENT` the name could be mistaken for another, or for what is not a user */
export function checkUserName(name: string): void {
  checkVisible(name)
  if ((name.match(/[\p{L}\p{M}]+/gu) ?? []).some(isMixed)) {
    throw new QodError(
      'INVALID_ARGUMENT',
      'name must not mix Latin letters with similar ones of other scripts in a word',
    )
  }
  if (isReservedName(name)) throw new QodError('INVALID_ARGUMENT', `name: ${name} is reserved`)
}

/** Characters of a name that is taken from a token. */
const MAX_NAME = 100

/** A name from a token, as one line without invisible characters: it is shown in lists and in the audit log. */
export function displayName(claim: unknown): string {
  if (typeof claim !== 'string') return ''
  const shown = uniform(claim.replaceAll(INVISIBLE, '').replaceAll(/[\p{C}\p{Z}\s]+/gu, ' '))
  return [...shown].slice(0, MAX_NAME).join('').trim()
}
