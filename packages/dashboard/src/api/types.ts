// What the admin API answers with. Its sessions come from the schemas of the gateway itself; the rest is small.

import type { AdminSession, AdminSessionDetail, GrantType, Overview } from '@rightofway/gateway/admin'

export type { AdminSession, AdminSessionDetail, GrantType, Overview }

export type Role = 'viewer' | 'operator' | 'admin'

export interface User {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly sso: boolean
  readonly createdAt: string
  readonly lastSignInAt?: string
}

export interface Me {
  readonly user: User
  readonly csrfToken: string
  readonly sandbox: boolean
}

export interface Application {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  /** Absent: it is not. */
  readonly suspendedAt?: string
}

/** Limits of an application; what is absent is as for all. */
export interface OwnLimits {
  readonly requestsPerSecond?: number
  readonly burst?: number
  readonly operations?: Readonly<Record<string, number>>
  readonly sessions?: number
  readonly sessionsPerDevice?: number
}

export interface LimitsOfApplication {
  readonly own: OwnLimits
  readonly inForce: Required<OwnLimits>
}

/** A change of a profile, or of the limits of an application. */
export interface Change {
  readonly number: number
  readonly at: string
  readonly by: string
  readonly of: 'profile' | 'limits'
  readonly name: string
  /** Absent: there was none. */
  readonly before?: unknown
  /** Absent: there is none any more. */
  readonly after?: unknown
}

export interface ApplicationKey {
  readonly prefix: string
  readonly application: string
  readonly name?: string
  readonly scopes?: readonly string[]
  readonly compatibility: 'camara' | 'nokia'
  /** Of an OAuth client, whose secret the key is. */
  readonly client?: {
    readonly grantTypes: readonly GrantType[]
    readonly redirectUris?: readonly string[]
    readonly jwks?: object
    readonly jwksUri?: string
  }
  readonly createdAt: string
  readonly expiresAt?: string
  readonly revokedAt?: string
  readonly lastUsedAt?: string
}

/** A key that was just made, and what is kept of it. */
export interface MadeKey {
  /** This once. Absent: a client with keys of its own has no secret. */
  readonly key?: string
  readonly record: ApplicationKey
}

export interface EventDelivery {
  readonly eventId: string
  readonly time: string
  readonly qosStatus: string
  readonly statusInfo?: string
  readonly state: 'none' | 'waiting' | 'delivered' | 'dead' | 'stopped'
  readonly attempts: readonly {
    readonly at: string
    readonly ms: number
    readonly status?: number
    readonly reason?: string
  }[]
  readonly nextAttemptAt?: string
  readonly reason?: string
}

export interface DeviceAddress {
  readonly address: string
  readonly publicAddress?: string
  readonly publicPorts?: { readonly from: number; readonly to: number }
  readonly source?: string
  readonly expiresAt?: string
}

export interface KnownDevice {
  readonly device: string
  readonly phoneNumber?: string
  readonly networkAccessIdentifier?: string
  readonly supi?: string
  readonly services?: readonly string[]
  readonly profiles?: readonly string[]
  readonly addresses: readonly DeviceAddress[]
}

export interface AuditRecord {
  readonly id: number
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly target?: string
  readonly refused?: string
}

/** What a session has carried, where its network counts. */
export interface Usage {
  readonly downlink: DirectionUsage
  readonly uplink: DirectionUsage
}

export interface DirectionUsage {
  readonly bytes: number
  readonly packets: number
  readonly dropped: number
  readonly bitsPerSecond: number
}
