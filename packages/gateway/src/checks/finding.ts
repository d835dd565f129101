/** A finding of one check. */
export interface Finding {
  readonly check: string
  readonly verdict: 'ok' | 'warning' | 'problem'
  /** The state that was found. */
  readonly says: string
  /** What to do about it, unless `says` contains that. */
  readonly advice?: string
}

export const ok = (check: string, says: string): Finding => ({ check, verdict: 'ok', says })
/** @param advice default: `says` contains it */
export const warning = (check: string, says: string, advice?: string): Finding => ({
  check,
  verdict: 'warning',
  says,
  ...(advice !== undefined && { advice }),
})
export const problem = (check: string, says: string, advice: string): Finding => ({
  check,
  verdict: 'problem',
  says,
  advice,
})
