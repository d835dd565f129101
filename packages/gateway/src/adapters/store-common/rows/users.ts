import type { Instant } from '@rightofway/camara'
import type { Role, UserId } from '../../../domain/user.js'
import type { Invitation, User } from '../../../ports/store/users.js'

export interface UserRow {
  id: UserId
  name: string
  role: Role
  password_hash: string | null
  subject: string | null
  created_at: Instant
  last_sign_in_at: Instant | null
}

export interface InvitationRow {
  hash: string
  role: Role
  created_at: Instant
  expires_at: Instant
}

export const toUser = (row: UserRow): User => ({
  id: row.id,
  name: row.name,
  role: row.role,
  createdAt: row.created_at,
  ...(row.password_hash !== null && { passwordHash: row.password_hash }),
  ...(row.subject !== null && { subject: row.subject }),
  ...(row.last_sign_in_at !== null && { lastSignInAt: row.last_sign_in_at }),
})

export const toInvitation = ({ hash, role, created_at, expires_at }: InvitationRow): Invitation => ({
  hash,
  role,
  createdAt: created_at,
  expiresAt: expires_at,
})
