import type { ApplicationId, Instant } from '@rightofway/camara'
import type { Compatibility, OAuthClient } from '../../../domain/application.js'
import type { OwnLimits } from '../../../domain/limits.js'
import type { Application, ApplicationKey } from '../../../ports/store/applications.js'
import { parsed } from '../damaged-row.js'

export interface ApplicationRow {
  id: ApplicationId
  name: string
  created_at: Instant
  suspended_at: Instant | null
  limits: string | null
}

export interface KeyRow {
  prefix: string
  application: ApplicationId
  hash: string
  name: string | null
  scopes: string | null
  compatibility: Compatibility
  client: string | null
  created_at: Instant
  expires_at: Instant | null
  revoked_at: Instant | null
  last_used_at: Instant | null
}

export const toApplication = ({ id, name, created_at, suspended_at, limits }: ApplicationRow): Application => ({
  id,
  name,
  createdAt: created_at,
  ...(suspended_at !== null && { suspendedAt: suspended_at }),
  ...(limits !== null && { limits: parsed<OwnLimits>(limits, 'applications', id) }),
})

export const toKey = (row: KeyRow): ApplicationKey => ({
  prefix: row.prefix,
  application: row.application,
  hash: row.hash,
  compatibility: row.compatibility,
  createdAt: row.created_at,
  ...(row.name !== null && { name: row.name }),
  ...(row.scopes !== null && { scopes: parsed<string[]>(row.scopes, 'application_keys', row.prefix) }),
  ...(row.client !== null && { client: parsed<OAuthClient>(row.client, 'application_keys', row.prefix) }),
  ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
  ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }),
})
