import type { Instant } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import type { UserId } from '../../domain/user.js'
import { type Invitation, type SignIn, type User, type UserStore, UserTaken } from '../../ports/store/users.js'
import { type GroupCommit, Refusal } from '../sqlite/group-commit.js'
import { type InvitationRow, toInvitation, toUser, type UserRow } from '../store-common/rows/users.js'

interface SignInRow {
  hash: string
  user: UserId
  created_at: Instant
  expires_at: Instant
}

export class SqliteUsers implements UserStore {
  readonly #commits: GroupCommit
  readonly #sql

  constructor(db: Database, commits: GroupCommit) {
    this.#commits = commits
    this.#sql = {
      insert: db.prepare(
        `INSERT INTO users (id, name, role, password_hash, subject, created_at, last_sign_in_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ),
      find: db.prepare<[string], UserRow>('SELECT * FROM users WHERE id = ?'),
      findByName: db.prepare<[string], UserRow>('SELECT * FROM users WHERE name = ?'),
      findBySubject: db.prepare<[string], UserRow>('SELECT * FROM users WHERE subject = ?'),
      list: db.prepare<[string, number], UserRow>('SELECT * FROM users WHERE name > ? ORDER BY name LIMIT ?'),
      update: db.prepare(
        `UPDATE users SET role = coalesce(?, role), password_hash = coalesce(?, password_hash),
           last_sign_in_at = coalesce(?, last_sign_in_at) WHERE id = ?`,
      ),
      delete: db.prepare('DELETE FROM users WHERE id = ?'),
      invite: db.prepare('INSERT INTO invitations (hash, role, created_at, expires_at) VALUES (?, ?, ?, ?)'),
      findInvitation: db.prepare<[string], InvitationRow>('SELECT * FROM invitations WHERE hash = ?'),
      dropInvitation: db.prepare('DELETE FROM invitations WHERE hash = ?'),
      tidyInvitations: db.prepare('DELETE FROM invitations WHERE expires_at <= ?'),
      signIn: db.prepare('INSERT INTO sign_ins (hash, user, created_at, expires_at) VALUES (?, ?, ?, ?)'),
      findSignIn: db.prepare<[string], SignInRow>('SELECT * FROM sign_ins WHERE hash = ?'),
      signOut: db.prepare('DELETE FROM sign_ins WHERE hash = ?'),
      signOutAll: db.prepare('DELETE FROM sign_ins WHERE user = ? AND hash IS NOT ?'),
      tidySignIns: db.prepare('DELETE FROM sign_ins WHERE expires_at <= ?'),
    }
  }

  add(user: User): Promise<void> {
    return this.#commits.write(() => this.#insert(user))
  }

  async find(id: UserId): Promise<User | undefined> {
    const row = this.#sql.find.get(id)
    return row && toUser(row)
  }

  async findByName(name: string): Promise<User | undefined> {
    const row = this.#sql.findByName.get(name)
    return row && toUser(row)
  }

  async findBySubject(subject: string): Promise<User | undefined> {
    const row = this.#sql.findBySubject.get(subject)
    return row && toUser(row)
  }

  async list(after: string | undefined, limit: number): Promise<readonly User[]> {
    return this.#sql.list.all(after ?? '', limit).map(toUser)
  }

  update(id: UserId, changes: Parameters<UserStore['update']>[1]): Promise<boolean> {
    const { role = null, passwordHash = null, lastSignInAt = null } = changes
    return this.#commits.write(() => this.#sql.update.run(role, passwordHash, lastSignInAt, id).changes > 0)
  }

  delete(id: UserId): Promise<boolean> {
    return this.#commits.write(() => {
      this.#sql.signOutAll.run(id, null)
      return this.#sql.delete.run(id).changes > 0
    })
  }

  invite({ hash, role, createdAt, expiresAt }: Invitation): Promise<void> {
    return this.#commits.write(() => {
      this.#sql.tidyInvitations.run(createdAt)
      this.#sql.invite.run(hash, role, createdAt, expiresAt)
    })
  }

  async findInvitation(hash: string): Promise<Invitation | undefined> {
    const row = this.#sql.findInvitation.get(hash)
    return row && toInvitation(row)
  }

  accept(hash: string, user: User): Promise<boolean> {
    return this.#commits.write(() => {
      if (this.#sql.findInvitation.get(hash) === undefined) return false
      this.#insert(user)
      this.#sql.dropInvitation.run(hash)
      return true
    })
  }

  signIn({ hash, user, createdAt, expiresAt }: SignIn): Promise<void> {
    return this.#commits.write(() => {
      this.#sql.tidySignIns.run(createdAt)
      this.#sql.signIn.run(hash, user, createdAt, expiresAt)
    })
  }

  async findSignIn(hash: string): Promise<{ signIn: SignIn; user: User } | undefined> {
    const row = this.#sql.findSignIn.get(hash)
    const user = row && this.#sql.find.get(row.user)
    if (row === undefined || user === undefined) return undefined
    const signIn = { hash, user: row.user, createdAt: row.created_at, expiresAt: row.expires_at }
    return { signIn, user: toUser(user) }
  }

  signOut(hash: string): Promise<void> {
    return this.#commits.write(() => void this.#sql.signOut.run(hash))
  }

  signOutAll(user: UserId, butFor?: string): Promise<void> {
    return this.#commits.write(() => void this.#sql.signOutAll.run(user, butFor ?? null))
  }

  #insert({ id, name, role, passwordHash, subject, createdAt, lastSignInAt }: User): void {
    const taken = this.#sql.findByName.get(name) ?? (subject && this.#sql.findBySubject.get(subject))
    if (taken) throw new Refusal(new UserTaken('another user has this name, or this subject'))
    this.#sql.insert.run(id, name, role, passwordHash ?? null, subject ?? null, createdAt, lastSignInAt ?? null)
  }
}
