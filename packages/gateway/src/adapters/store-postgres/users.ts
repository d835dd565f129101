import type { Instant } from '@rightofway/camara'
import pg from 'pg'
import type { UserId } from '../../domain/user.js'
import { type Invitation, type SignIn, type User, type UserStore, UserTaken } from '../../ports/store/users.js'
import { type InvitationRow, toInvitation, toUser, type UserRow } from '../store-common/rows/users.js'
import type { Database, Query } from './database.js'

interface SignInRow extends UserRow {
  hash: string
  signed_in_at: Instant
  expires_at: Instant
}

const UNIQUE_VIOLATION = '23505'
const BY_NAME = /^users_(name|subject)/
const USER = 'u.id, u.name, u.role, u.password_hash, u.subject, u.created_at, u.last_sign_in_at'

export class PostgresUsers implements UserStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  add(user: User): Promise<void> {
    return this.#database.transaction((query) => insert(query, user))
  }

  find(id: UserId): Promise<User | undefined> {
    return this.#find('u.id = $1', id)
  }

  findByName(name: string): Promise<User | undefined> {
    return this.#find('lower(u.name) = lower($1)', name)
  }

  findBySubject(subject: string): Promise<User | undefined> {
    return this.#find('u.subject = $1', subject)
  }

  async list(): Promise<readonly User[]> {
    const rows = await this.#database.read<UserRow>({ text: `SELECT ${USER} FROM users u ORDER BY lower(u.name)` })
    return rows.map(toUser)
  }

  async update(id: UserId, changes: Parameters<UserStore['update']>[1]): Promise<boolean> {
    const { role, passwordHash, lastSignInAt } = changes
    const rows = await this.#database.query({
      text: `UPDATE users SET role = coalesce($2, role), password_hash = coalesce($3, password_hash),
               last_sign_in_at = coalesce($4, last_sign_in_at) WHERE id = $1 RETURNING id`,
      values: [id, role, passwordHash, lastSignInAt],
    })
    return rows.length > 0
  }

  async delete(id: UserId): Promise<boolean> {
    const rows = await this.#database.query({ text: 'DELETE FROM users WHERE id = $1 RETURNING id', values: [id] })
    return rows.length > 0
  }

  async invite({ hash, role, createdAt, expiresAt }: Invitation): Promise<void> {
    await this.#database.transaction(async (query) => {
      await query('DELETE FROM invitations WHERE expires_at <= $1', [createdAt])
      const values = [hash, role, createdAt, expiresAt]
      await query('INSERT INTO invitations (hash, role, created_at, expires_at) VALUES ($1, $2, $3, $4)', values)
    })
  }

  async findInvitation(hash: string): Promise<Invitation | undefined> {
    const [row] = await this.#database.read<InvitationRow>({
      text: 'SELECT * FROM invitations WHERE hash = $1',
      values: [hash],
    })
    return row && toInvitation(row)
  }

  accept(hash: string, user: User): Promise<boolean> {
    return this.#database.transaction(async (query) => {
      const found = await query('DELETE FROM invitations WHERE hash = $1 RETURNING hash', [hash])
      if (found.length > 0) await insert(query, user)
      return found.length > 0
    })
  }

  async signIn({ hash, user, createdAt, expiresAt }: SignIn): Promise<void> {
    await this.#database.transaction(async (query) => {
      await query('DELETE FROM sign_ins WHERE expires_at <= $1', [createdAt])
      const values = [hash, user, createdAt, expiresAt]
      await query('INSERT INTO sign_ins (hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)', values)
    })
  }

  async findSignIn(hash: string): Promise<{ signIn: SignIn; user: User } | undefined> {
    const [row] = await this.#database.read<SignInRow>({
      name: 'find-sign-in',
      text: `SELECT ${USER}, s.created_at AS signed_in_at, s.expires_at
             FROM sign_ins s JOIN users u ON u.id = s.user_id WHERE s.hash = $1`,
      values: [hash],
    })
    if (row === undefined) return undefined
    const signIn = { hash, user: row.id, createdAt: row.signed_in_at, expiresAt: row.expires_at }
    return { signIn, user: toUser(row) }
  }

  async signOut(hash: string): Promise<void> {
    await this.#database.query({ text: 'DELETE FROM sign_ins WHERE hash = $1', values: [hash] })
  }

  async signOutAll(user: UserId, butFor?: string): Promise<void> {
    await this.#database.query({
      text: 'DELETE FROM sign_ins WHERE user_id = $1 AND hash IS DISTINCT FROM $2',
      values: [user, butFor],
    })
  }

  async #find(where: string, value: string): Promise<User | undefined> {
    const [row] = await this.#database.read<UserRow>({
      text: `SELECT ${USER} FROM users u WHERE ${where}`,
      values: [value],
    })
    return row && toUser(row)
  }
}

/** @throws {UserTaken} */
async function insert(query: Query, user: User): Promise<void> {
  const { id, name, role, passwordHash, subject, createdAt, lastSignInAt } = user
  try {
    await query(
      `INSERT INTO users (id, name, role, password_hash, subject, created_at, last_sign_in_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [id, name, role, passwordHash, subject, createdAt, lastSignInAt],
    )
  } catch (error) {
    const isTaken = error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION
    if (!isTaken || !BY_NAME.test(error.constraint ?? '')) throw error
    throw new UserTaken('another user has this name, or this subject')
  }
}
