import type { Instant } from '@rightofway/camara'
import pg from 'pg'
import type { UserId } from '../../domain/user.js'
import { type Invitation, type SignIn, type User, type UserStore, UserTaken } from '../../ports/store/users.js'
import { type InvitationRow, toInvitation, toUser, type UserRow } from '../store-common/rows/users.js'
import type { Database, Query } from './database.js'
import { sql } from './sql.js'

interface SignInRow extends UserRow {
  hash: string
  signed_in_at: Instant
  expires_at: Instant
}

const UNIQUE_VIOLATION = '23505'
const BY_NAME = /^users_(name|subject)/
const USER = 'u.id, u.name, u.role, u.password_hash, u.subject, u.created_at, u.last_sign_in_at'

const SQL = {
  find: sql('users/find', { USER }),
  findByName: sql('users/find-by-name', { USER }),
  findBySubject: sql('users/find-by-subject', { USER }),
  list: sql('users/list', { USER }),
  update: sql('users/update'),
  delete: sql('users/delete'),
  forgetInvitations: sql('users/forget-invitations'),
  invite: sql('users/invite'),
  findInvitation: sql('users/find-invitation'),
  takeInvitation: sql('users/take-invitation'),
  forgetSignIns: sql('users/forget-sign-ins'),
  signIn: sql('users/sign-in'),
  findSignIn: sql('users/find-sign-in', { USER }),
  signOut: sql('users/sign-out'),
  signOutAll: sql('users/sign-out-all'),
  insert: sql('users/insert'),
}

export class PostgresUsers implements UserStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  add(user: User): Promise<void> {
    return this.#database.transaction((query) => insert(query, user))
  }

  find(id: UserId): Promise<User | undefined> {
    return this.#find(SQL.find, id)
  }

  findByName(name: string): Promise<User | undefined> {
    return this.#find(SQL.findByName, name)
  }

  findBySubject(subject: string): Promise<User | undefined> {
    return this.#find(SQL.findBySubject, subject)
  }

  async list(after: string | undefined, limit: number): Promise<readonly User[]> {
    const rows = await this.#database.read<UserRow>({ text: SQL.list, values: [after ?? '', limit] })
    return rows.map(toUser)
  }

  async update(id: UserId, changes: Parameters<UserStore['update']>[1]): Promise<boolean> {
    const { role, passwordHash, lastSignInAt } = changes
    const rows = await this.#database.query({
      text: SQL.update,
      values: [id, role, passwordHash, lastSignInAt],
    })
    return rows.length > 0
  }

  async delete(id: UserId): Promise<boolean> {
    const rows = await this.#database.query({ text: SQL.delete, values: [id] })
    return rows.length > 0
  }

  async invite({ hash, role, createdAt, expiresAt }: Invitation): Promise<void> {
    await this.#database.transaction(async (query) => {
      await query(SQL.forgetInvitations, [createdAt])
      const values = [hash, role, createdAt, expiresAt]
      await query(SQL.invite, values)
    })
  }

  async findInvitation(hash: string): Promise<Invitation | undefined> {
    const [row] = await this.#database.read<InvitationRow>({
      text: SQL.findInvitation,
      values: [hash],
    })
    return row && toInvitation(row)
  }

  accept(hash: string, user: User): Promise<boolean> {
    return this.#database.transaction(async (query) => {
      const found = await query(SQL.takeInvitation, [hash])
      if (found.length > 0) await insert(query, user)
      return found.length > 0
    })
  }

  async signIn({ hash, user, createdAt, expiresAt }: SignIn): Promise<void> {
    await this.#database.transaction(async (query) => {
      await query(SQL.forgetSignIns, [createdAt])
      const values = [hash, user, createdAt, expiresAt]
      await query(SQL.signIn, values)
    })
  }

  async findSignIn(hash: string): Promise<{ signIn: SignIn; user: User } | undefined> {
    const [row] = await this.#database.read<SignInRow>({
      name: 'find-sign-in',
      text: SQL.findSignIn,
      values: [hash],
    })
    if (row === undefined) return undefined
    const signIn = { hash, user: row.id, createdAt: row.signed_in_at, expiresAt: row.expires_at }
    return { signIn, user: toUser(row) }
  }

  async signOut(hash: string): Promise<void> {
    await this.#database.query({ text: SQL.signOut, values: [hash] })
  }

  async signOutAll(user: UserId, butFor?: string): Promise<void> {
    await this.#database.query({
      text: SQL.signOutAll,
      values: [user, butFor],
    })
  }

  async #find(text: string, value: string): Promise<User | undefined> {
    const [row] = await this.#database.read<UserRow>({ text, values: [value] })
    return row && toUser(row)
  }
}

/** @throws {UserTaken} */
async function insert(query: Query, user: User): Promise<void> {
  const { id, name, role, passwordHash, subject, createdAt, lastSignInAt } = user
  try {
    await query(SQL.insert, [id, name, role, passwordHash, subject, createdAt, lastSignInAt])
  } catch (error) {
    const isTaken = error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION
    if (!isTaken || !BY_NAME.test(error.constraint ?? '')) throw error
    throw new UserTaken('another user has this name, or this subject')
  }
}
