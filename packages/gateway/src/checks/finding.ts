/** What one check found. */
export interface Finding {
  readonly check: string
  readonly verdict: 'ok' | 'warning' | 'problem'
  /** What is so. */
  readonly says: string
  /** What to do about it, where `says` does not say that. */
  readonly advice?: string
}

export const ok = (check: string, says: string): Finding => ({ check, verdict: 'ok', says })
/** @param advice default: `says` has it */
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
