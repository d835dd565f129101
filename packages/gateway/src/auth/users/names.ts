// Names of people, and which of them would pass for somebody else.

/** What the audit log and the history of changes call those who are no users. */
const RESERVED: ReadonlySet<string> = new Set([
  'admin',
  'admin api',
  'admin socket',
  'anonymous',
  'gateway',
  'nobody',
  'right of way',
  'root',
  'rightofway',
  'sandbox',
  'somebody',
  'stranger',
  'system',
  'the first start',
])

/** A name in the one form that it is kept in: letters that only look otherwise become the same (Unicode NFKC). */
export const uniform = (name: string): string => name.normalize('NFKC').replaceAll(/ {2,}/g, ' ').trim()

/** Whether it would pass for what is no user. */
export const isReservedName = (name: string): boolean =>
  RESERVED.has(uniform(name).toLowerCase().replaceAll(/[-_]/g, ' '))

/** Characters of a name that is taken from a token. */
const MAX_NAME = 100

/** What a token says, as one line without anything that does not show: it stands in lists and in the audit log. */
export function displayName(claim: unknown): string {
  if (typeof claim !== 'string') return ''
  const shown = uniform(claim.replaceAll(/[\p{C}\p{Z}\s]+/gu, ' '))
  return [...shown].slice(0, MAX_NAME).join('').trim()
}
