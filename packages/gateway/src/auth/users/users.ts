// People: how they become users, sign in, and are known again by their browser. Tokens have 256 random bits and are kept
// as hashes only; a person's browser holds its token in a cookie that no script can read.

import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { type Instant, instant, QodError } from '@rightofway/camara'
import type { Operator } from '../../domain/caller.js'
import type { Role, UserId } from '../../domain/user.js'
import { type User, type UserStore, UserTaken } from '../../ports/store/users.js'
import { Attempts } from '../attempts.js'
import type { KnownBrowser, KnownBrowsers } from './known-browsers.js'
import { checkUserName, isReservedName, uniform } from './names.js'
import type { Person } from './openid-provider.js'
import { hashPassword, verifyPassword } from './passwords.js'

/** How long an invitation is good. */
const INVITATION_MS = 86_400_000

/**
 * Guesses in a quarter of an hour. One address may be that of a proxy, with everybody behind it: what one of them tries
 * at one name is not to keep the others from signing in.
 */
const WINDOW_MS = 900_000
/** At one name from one address. */
const PER_NAME_AND_ADDRESS = 10
/** At one name, from all addresses. */
const PER_NAME = 50
/** From one address, at all names: each guess costs the time of a password hash. */
const PER_ADDRESS = 100
/** Of a browser in which the same person has signed in before. */
const PER_BROWSER = 10
/** Requests of one address whose bodies are read at all, and in which time. A name is only known once it is read. */
const READ = { limit: 200, windowMs: 10_000 }

export interface UsersOptions {
  readonly users: UserStore
  /** Milliseconds since the epoch that no sandbox moves. */
  readonly realNow: () => number
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number
  readonly browsers: KnownBrowsers
  /** Milliseconds after which a browser has to sign in again. */
  readonly signInMs: number
  /** Told once of each address that may not try any more for a while. */
  readonly onLockOut?: (address: string) => void
}

/** What a browser gets when someone signs in. */
export interface SignedIn {
  readonly token: string
  readonly expiresAt: Instant
  readonly user: User
}

export class Users {
  readonly #options: UsersOptions
  readonly #byNameAndAddress: Attempts
  readonly #byAddress: Attempts
  readonly #byName: Attempts
  readonly #byBrowser: Attempts
  readonly #read: Attempts

  constructor(options: UsersOptions) {
    this.#options = options
    const now = options.monotonicNow
    this.#byNameAndAddress = new Attempts({ limit: PER_NAME_AND_ADDRESS, windowMs: WINDOW_MS, now })
    this.#byAddress = new Attempts({ limit: PER_ADDRESS, windowMs: WINDOW_MS, now })
    this.#byName = new Attempts({ limit: PER_NAME, windowMs: WINDOW_MS, now })
    this.#byBrowser = new Attempts({ limit: PER_BROWSER, windowMs: WINDOW_MS, now })
    this.#read = new Attempts({ ...READ, now })
  }

  /** @returns the invitation's token, this once */
  async invite(role: Role): Promise<{ token: string; expiresAt: Instant }> {
    const token = newToken()
    const createdAt = this.#now()
    const expiresAt = instant(createdAt + INVITATION_MS)
    await this.#options.users.invite({ hash: hashOf(token), role, createdAt, expiresAt })
    return { token, expiresAt }
  }

  /**
   * Makes a user of whoever holds an invitation, and signs them in.
   * @param address of the client, for the bound on guesses
   * @throws {QodError} `INVALID_ARGUMENT` the name or the password is not allowed; `NOT_FOUND` the invitation was used or
   *   has expired; `CONFLICT` the name is taken; `TOO_MANY_REQUESTS`
   */
  async accept(token: string, given: string, password: string, address: string): Promise<SignedIn> {
    this.#take(this.#byAddress, address, address)
    const { users } = this.#options
    const name = uniform(given)
    checkUserName(name)
    const hash = hashOf(token)
    const invitation = await users.findInvitation(hash)
    if (invitation === undefined || invitation.expiresAt <= this.#now()) throw noInvitation()
    if (password.toLowerCase() === name.toLowerCase()) {
      throw new QodError('INVALID_ARGUMENT', 'password must differ from the name')
    }
    const user: User = {
      id: newUserId(),
      name,
      role: invitation.role,
      passwordHash: await hashPassword(password),
      createdAt: this.#now(),
    }
    try {
      if (!(await users.accept(hash, user))) throw noInvitation()
    } catch (error) {
      if (!(error instanceof UserTaken)) throw error
      throw new QodError('CONFLICT', 'name is already used by another user')
    }
    this.#byAddress.giveBack(address)
    return this.welcome(user)
  }

  /**
   * Bounds what is read of an address before anybody is asked who they are. A known browser is not kept waiting.
   * @param mark of the browser, if it has one
   * @throws {QodError} `TOO_MANY_REQUESTS`
   */
  checkRate(address: string, mark: string | undefined): void {
    if (this.#read.waitOf(address) === 0) this.#read.take(address)
    else if (!this.#mayTry(this.#options.browsers.read(mark))) throw tooMany(this.#read.waitOf(address))
  }

  /**
   * @param mark of the browser, if it has one
   * @throws {QodError} `UNAUTHENTICATED`, `TOO_MANY_REQUESTS`
   */
  async signIn(name: string, password: string, address: string, mark?: string): Promise<SignedIn> {
    const { users, browsers } = this.#options
    const browser = browsers.read(mark)
    const known = browser && (await users.findByName(name))
    if (browser !== undefined && known !== undefined && known.id === browser.user) {
      this.#take(this.#byBrowser, browser.id, address)
      await checkPassword(password, known)
      this.#byBrowser.forget(browser.id)
      return this.welcome(known)
    }
    const who = name.toLowerCase()
    const whoAndWhere = `${who}@${address}`
    this.#take(this.#byNameAndAddress, whoAndWhere, address)
    this.#take(this.#byName, who, address)
    this.#take(this.#byAddress, address, address)
    const user = await checkPassword(password, known ?? (await users.findByName(name)))
    this.#byNameAndAddress.forget(whoAndWhere)
    this.#byName.forget(who)
    this.#byAddress.giveBack(address)
    return this.welcome(user)
  }

  /** What a browser is known by from now on; undefined if it is known already, or cannot be. */
  newMark(user: UserId, mark: string | undefined): string | undefined {
    const { browsers } = this.#options
    return browsers.read(mark)?.user === user ? undefined : browsers.mark(user)
  }

  #mayTry(browser: KnownBrowser | undefined): boolean {
    return browser !== undefined && this.#byBrowser.waitOf(browser.id) === 0
  }

  /**
   * Signs in somebody whom an OpenID provider vouches for, who becomes a user the first time. What they may do is what
   * the provider says now.
   * @param signIn asks the provider; it is only asked if there were not too many attempts
   * @param label of the provider, for names that are taken
   * @param mark of the browser, if it has one
   * @throws {QodError} `TOO_MANY_REQUESTS`; what `signIn` throws
   * @returns what they get; or, if they have no role here any more, who they are: then they are signed out everywhere
   */
  async signInBySso(
    signIn: () => Promise<Person>,
    label: string,
    address: string,
    mark?: string,
  ): Promise<SignedIn | { readonly refused: Pick<User, 'name'> & Partial<Pick<User, 'id'>> }> {
    const { users, browsers } = this.#options
    const browser = browsers.read(mark)
    if (browser === undefined) this.#take(this.#byAddress, address, address)
    else this.#take(this.#byBrowser, browser.id, address)
    const { subject, name, role } = await signIn()
    const known = await users.findBySubject(subject)
    if (role === undefined) {
      if (known !== undefined) await users.signOutAll(known.id)
      return { refused: known ?? { name: `${name} (${label})` } }
    }
    if (browser === undefined) this.#byAddress.giveBack(address)
    else this.#byBrowser.forget(browser.id)
    if (known === undefined) return this.welcome(await this.#newcomer(subject, role, [name, `${name} (${label})`]))
    if (known.role !== role) await users.update(known.id, { role })
    return this.welcome({ ...known, role })
  }

  /** @param names in the order of preference; if all are taken, a number is added */
  async #newcomer(subject: string, role: Role, names: readonly [string, string]): Promise<User> {
    const { users } = this.#options
    for (let tried = 0; ; tried++) {
      const name = names[tried] ?? `${names[1]} ${tried}`
      if (isReservedName(name)) continue
      const user: User = { id: newUserId(), name, role, subject, createdAt: this.#now() }
      try {
        await users.add(user)
        return user
      } catch (error) {
        if (!(error instanceof UserTaken)) throw error
        // They may be signing in in two browsers at once.
        const same = await users.findBySubject(subject)
        if (same !== undefined) return same
      }
    }
  }

  /** Signs in a user who has proved who they are. */
  async welcome(user: User): Promise<SignedIn> {
    const { users, signInMs } = this.#options
    const token = newToken()
    const createdAt = this.#now()
    const expiresAt = instant(createdAt + signInMs)
    await users.signIn({ hash: hashOf(token), user: user.id, createdAt, expiresAt })
    await users.update(user.id, { lastSignInAt: createdAt })
    return { token, expiresAt, user }
  }

  /** Whose browser this is; undefined if nobody is signed in there any more. */
  async known(token: string): Promise<Operator | undefined> {
    const hash = hashOf(token)
    const found = await this.#options.users.findSignIn(hash)
    if (found === undefined || found.signIn.expiresAt <= this.#now()) return undefined
    const { id, name, role } = found.user
    return { name, role, user: id, signIn: hash }
  }

  /** Whether they are signed in still, and may do what they could: a stream goes on for hours. */
  async isStill({ signIn, role }: Operator): Promise<boolean> {
    if (signIn === undefined) return true
    const found = await this.#options.users.findSignIn(signIn)
    return found !== undefined && found.signIn.expiresAt > this.#now() && found.user.role === role
  }

  find(id: UserId): Promise<User | undefined> {
    return this.#options.users.find(id)
  }

  findByName(name: string): Promise<User | undefined> {
    return this.#options.users.findByName(name)
  }

  /** Whether anybody could sign in. */
  async exist(): Promise<boolean> {
    return (await this.#options.users.list(undefined, 1)).length > 0
  }

  async signOut(token: string): Promise<void> {
    await this.#options.users.signOut(hashOf(token))
  }

  /**
   * Gives a user another password, and signs them out in every other browser.
   * @throws {QodError} `PERMISSION_DENIED` the current one is wrong; `TOO_MANY_REQUESTS`
   */
  async changePassword(operator: Operator, current: string, password: string): Promise<void> {
    const { users } = this.#options
    const user = operator.user && (await users.find(operator.user))
    if (user === undefined) throw new QodError('NOT_FOUND', 'This is not a user.')
    this.#take(this.#byName, user.name.toLowerCase())
    if (!(await verifyPassword(current, user.passwordHash))) {
      throw new QodError('PERMISSION_DENIED', 'current must be the current password.')
    }
    this.#byName.forget(user.name.toLowerCase())
    await users.update(user.id, { passwordHash: await hashPassword(password) })
    await users.signOutAll(user.id, operator.signIn)
  }

  /** @param address of the client, where it is known */
  #take(attempts: Attempts, who: string, address?: string): void {
    const waitMs = attempts.take(who)
    if (waitMs === 0) return
    if (attempts.tellOnce(who) && address !== undefined) this.#options.onLockOut?.(address)
    throw tooMany(waitMs)
  }

  #now(): Instant {
    return instant(this.#options.realNow())
  }
}

/** What a page of ours shows to prove that a request comes from it: another site cannot read it, nor guess it. */
export const csrfTokenOf = (token: string): string => createHmac('sha256', token).update('csrf').digest('base64url')

export function isCsrfToken(given: string | undefined, token: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(csrfTokenOf(token))]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** @throws {QodError} `UNAUTHENTICATED`, the same whichever of the two is wrong */
async function checkPassword(password: string, user: User | undefined): Promise<User> {
  if (!(await verifyPassword(password, user?.passwordHash)) || user === undefined) {
    throw new QodError('UNAUTHENTICATED', 'The name or the password is wrong.')
  }
  return user
}

const tooMany = (waitMs: number): QodError =>
  new QodError('TOO_MANY_REQUESTS', 'Too many attempts to sign in: try again later.', {
    retryAfterSeconds: waitMs / 1000,
  })

const newUserId = (): UserId => `user-${randomUUID()}` as UserId

const newToken = (): string => randomBytes(32).toString('base64url')

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

const noInvitation = () =>
  new QodError('NOT_FOUND', 'This invitation was already used, or has expired: ask for a new one.')
