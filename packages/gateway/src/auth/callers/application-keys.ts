// Application keys: `row_<prefix>_<secret>`. The prefix is public and finds the row; the secret has 256 random bits and
// is stored as a hash only. With that much randomness there is nothing to guess, and so nothing a slow hash would slow.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { type ApplicationId, type Instant, instant } from '@rightofway/camara'
import type { Compatibility, OAuthClient } from '../../domain/application.js'
import type { Caller } from '../../domain/caller.js'
import type { ApplicationKey, ApplicationStore } from '../../ports/store/applications.js'

const KEY_FORM = /^row_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/

export interface NewKey {
  readonly application: ApplicationId
  readonly name?: string
  /** Default: all. */
  readonly scopes?: readonly string[]
  /** Default: `camara`. */
  readonly compatibility?: Compatibility
  /** Makes it the secret of an OAuth client, whose id is the key's prefix. */
  readonly client?: OAuthClient
  readonly createdAt: Instant
  readonly expiresAt?: Instant
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export interface MadeKey {
  /** The whole key: shown once, and not stored. */
  readonly text: string
  /** What is stored of it. */
  readonly record: ApplicationKey
}

export function makeKey(key: NewKey): MadeKey {
  const text = `row_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('base64url')}`
  return { text, record: recordOf(text, key) }
}

/** The stored form of a key. */
export function recordOf(text: string, { compatibility = 'camara', ...rest }: NewKey): ApplicationKey {
  const prefix = prefixOf(text)
  if (prefix === undefined) throw new TypeError('a key has the form row_<prefix>_<secret>')
  return { ...rest, compatibility, prefix, hash: sha256(text) }
}

/** Whether it is valid: not revoked, not expired, and its application is not suspended. */
export async function isGood(
  applications: ApplicationStore,
  { application, revokedAt, expiresAt = instant(Number.POSITIVE_INFINITY) }: ApplicationKey,
  realNow: number,
): Promise<boolean> {
  if (revokedAt !== undefined || expiresAt <= realNow) return false
  return (await applications.find(application))?.suspendedAt === undefined
}

/** Whether it is the secret that was shown when `key` was made. */
export const isSecretOf = (key: ApplicationKey, text: string): boolean =>
  timingSafeEqual(Buffer.from(key.hash), Buffer.from(sha256(text)))

/** The public part of what has the form of a key. */
export const prefixOf = (text: string): string | undefined => KEY_FORM.exec(text)?.[1]

/** The caller with this key; undefined if it is not valid, or the secret of an OAuth client. */
export async function verifyKey(
  applications: ApplicationStore,
  text: string,
  realNow: number,
): Promise<Caller | undefined> {
  const prefix = prefixOf(text)
  if (prefix === undefined) return undefined
  const key = await applications.findKey(prefix)
  if (key === undefined || key.client !== undefined || !isSecretOf(key, text)) return undefined
  if (!(await isGood(applications, key, realNow))) return undefined
  return {
    application: key.application,
    compatibility: key.compatibility,
    key: prefix,
    ...(key.scopes && { scopes: new Set(key.scopes) }),
    ...(key.expiresAt !== undefined && { expiresAt: instant(key.expiresAt) }),
  }
}
