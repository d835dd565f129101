export interface ReleaseState {
  readonly changelog: string
  readonly version: string
  /** What `git status --porcelain` prints. */
  readonly changes: string
  /** Whether npm can say where the packages were built, or that was given up. */
  readonly provenance: boolean
}

/** What stands in the way of a release; nothing if it is ready. */
export function unready({ changelog, version, changes, provenance }: ReleaseState): string[] {
  const headings = [...changelog.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading)
  const reasons: string[] = []
  if (headings.includes('Pending')) reasons.push('CHANGELOG.md still has entries under Pending')
  if (headings.find((heading) => heading !== 'Pending')?.split(' ')[0] !== version) {
    reasons.push(`CHANGELOG.md does not begin with ${version}`)
  }
  if (changes !== '') reasons.push('there are changes that are not committed')
  if (!provenance) {
    reasons.push(
      'npm cannot sign here where the packages were built: run the release workflow, or give --without-provenance',
    )
  }
  return reasons
}
