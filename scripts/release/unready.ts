export interface ReleaseState {
  readonly changelog: string
  readonly version: string
  /** What `git status --porcelain` prints. */
  readonly changes: string
}

/** What stands in the way of a release; nothing if it is ready. */
export function unready({ changelog, version, changes }: ReleaseState): string[] {
  const headings = [...changelog.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading)
  const reasons: string[] = []
  if (headings.includes('Pending')) reasons.push('CHANGELOG.md still has entries under Pending')
  if (headings.find((heading) => heading !== 'Pending')?.split(' ')[0] !== version) {
    reasons.push(`CHANGELOG.md does not begin with ${version}`)
  }
  if (changes !== '') reasons.push('there are changes that are not committed')
  return reasons
}
