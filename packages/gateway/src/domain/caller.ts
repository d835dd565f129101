import type { ApplicationId, Instant, SubjectId } from '@rightofway/camara'
import type { Compatibility } from './application.js'
import type { DeviceName } from './device.js'
import type { Role, UserId } from './user.js'

/** The caller of a request, as far as the request has authenticated it. */
export interface Caller {
  readonly application: ApplicationId
  /** Absent: every scope of the APIs served. */
  readonly scopes?: ReadonlySet<string>
  /** Of a token whose issuer has to name a purpose, and did not. */
  readonly withoutPurpose?: true
  readonly compatibility: Compatibility
  /** Of a three-legged token: the subscriber whose consent it carries. */
  readonly subject?: SubjectId
  /** Of a three-legged token: the device that it is limited to. */
  readonly device?: DeviceName
  /** When the credential expires, in real time. */
  readonly expiresAt?: Instant
  /** Of an application key: its prefix. */
  readonly key?: string
  /** Of the admin API: who acts. */
  readonly operator?: Operator
}

/** A user of the admin API. */
export interface Operator {
  /** For the audit log. */
  readonly name: string
  readonly role: Role
  /** Absent: whoever can open the admin socket. */
  readonly user?: UserId
  /** Hash of the token of their browser. */
  readonly signIn?: string
}
