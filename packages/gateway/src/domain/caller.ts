import type { ApplicationId, Instant, SubjectId } from '@rightofway/camara'
import type { Compatibility } from './application.js'
import type { DeviceName } from './device.js'
import type { Role, UserId } from './user.js'

/** Who asks, as far as a request has proved it. */
export interface Caller {
  readonly application: ApplicationId
  /** Absent: every scope of the APIs served. */
  readonly scopes?: ReadonlySet<string>
  /** Of a token whose issuer has to name a purpose, and did not. */
  readonly withoutPurpose?: true
  readonly compatibility: Compatibility
  /** Of a three-legged token: whose consent it carries. */
  readonly subject?: SubjectId
  /** Of a three-legged token: the device it speaks for. */
  readonly device?: DeviceName
  /** Real time; the proof is worth nothing afterwards. */
  readonly expiresAt?: Instant
  /** Of an application key: its prefix. */
  readonly key?: string
  /** Of the admin API: who acts. */
  readonly operator?: Operator
}

/** Someone who looks at the gateway, or runs it. */
export interface Operator {
  /** For the audit log. */
  readonly name: string
  readonly role: Role
  /** Absent: whoever can open the admin socket. */
  readonly user?: UserId
  /** Hash of the token of their browser. */
  readonly signIn?: string
}
