import { existsSync, readFileSync } from 'node:fs'

const LIMITS = '/proc/self/limits'
/** Kept for the store, networks, sinks and the log. */
const RESERVED = 512

/** How many files and connections this process may have open; undefined where the system does not say. */
export function openFilesLimit(): number | undefined {
  if (!existsSync(LIMITS)) return undefined
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync(LIMITS, 'utf8')) ?? []
  return soft === undefined || soft === 'unlimited' ? undefined : Number(soft)
}

/** How many connections of clients may be open at once under a limit of open files. */
export const connectionsWithin = (limit: number): number => Math.max(16, limit - Math.min(RESERVED, limit / 2))
