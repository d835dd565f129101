// People who sign in.

import type { Instant } from '@rightofway/camara'
import type { Role, UserId } from '../../domain/user.js'

/** Someone who signs in to look at the gateway, or to run it. Times are real time. */
export interface User {
  readonly id: UserId
  /** By which they sign in; no two users have one that differs only in upper and lower case. */
  readonly name: string
  readonly role: Role
  /** As `auth/users/passwords.ts` writes it. Absent: they sign in by SSO. */
  readonly passwordHash?: string
  /** Who they are at an OpenID provider: issuer and `sub`, with a space between. */
  readonly subject?: string
  readonly createdAt: Instant
  readonly lastSignInAt?: Instant
}

/** Lets one person become a user. Times are real time. */
export interface Invitation {
  /** SHA-256 of the token, hexadecimal. */
  readonly hash: string
  readonly role: Role
  readonly createdAt: Instant
  readonly expiresAt: Instant
}

/** A browser in which a user has signed in. Times are real time. */
export interface SignIn {
  /** SHA-256 of the token, hexadecimal. */
  readonly hash: string
  readonly user: UserId
  readonly createdAt: Instant
  readonly expiresAt: Instant
}

/** Another user has this name, or this subject. */
export class UserTaken extends Error {
  override readonly name = 'UserTaken'
}

export interface UserStore {
  /** @throws {UserTaken} */
  add(user: User): Promise<void>
  find(id: UserId): Promise<User | undefined>
  findByName(name: string): Promise<User | undefined>
  findBySubject(subject: string): Promise<User | undefined>
  /** By name, whatever the case of its letters, from behind the name `after`, `limit` at most. */
  list(after: string | undefined, limit: number): Promise<readonly User[]>
  /** @returns false if there is no such user */
  update(id: UserId, changes: Partial<Pick<User, 'role' | 'passwordHash' | 'lastSignInAt'>>): Promise<boolean>
  /** Deletes a user and signs them out everywhere. @returns false if there is no such user */
  delete(id: UserId): Promise<boolean>
  /** Keeps an invitation, and forgets those that had expired when it was made. */
  invite(invitation: Invitation): Promise<void>
  findInvitation(hash: string): Promise<Invitation | undefined>
  /**
   * Adds the user and deletes the invitation: it can be used once.
   * @returns false if there is no such invitation any more; then nothing is added
   * @throws {UserTaken} the invitation stays valid
   */
  accept(hash: string, user: User): Promise<boolean>
  /** Stores a sign-in, and deletes those that had expired by then. */
  signIn(signIn: SignIn): Promise<void>
  /** A sign-in, and the user as they are now. Expired ones too, for a while. */
  findSignIn(hash: string): Promise<{ signIn: SignIn; user: User } | undefined>
  signOut(hash: string): Promise<void>
  /** Signs a user out everywhere, but for the browser whose sign-in has this hash. */
  signOutAll(user: UserId, butFor?: string): Promise<void>
}
