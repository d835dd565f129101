// The interface to one kind of network: how to send it requests. ApiNetwork decides what is stored, when a request is
// repeated and what follows from an answer.

import type { Instant } from '@rightofway/camara'
import type { Reservation } from '../../ports/network.js'

/** One request to hold a reservation: a network that is asked twice may hold it twice. */
export interface Attempt {
  readonly number: number
  /** The URL for the network's messages about it. Absent: there is no listener. */
  readonly callbackUrl?: string
  /** Authenticates the sender to the listener, besides the URL. */
  readonly callbackToken?: string
  /** An idempotency key: equal only for a repetition of the same request. */
  readonly key: string
}

/** The state of a requested reservation at the network. */
export type Standing =
  | {
      readonly state: 'pending'
      /** As in `granted`. */
      readonly until?: Instant
    }
  | {
      readonly state: 'granted'
      /** By the network's clock. Absent: unknown. */
      readonly at?: Instant
      /** When the network releases it by itself. Absent: never, or unknown. */
      readonly until?: Instant
    }
  /** The network holds nothing. */
  | {
      readonly state: 'ended'
      readonly reason: string
      /** Whether that is because its time has passed. */
      readonly expired?: boolean
      /** When it had been granted, by the network's clock. Absent: unknown. */
      readonly at?: Instant
      /** Whether a resource is left there that has to be deleted. */
      readonly remains?: boolean
    }

export interface Made {
  /** Its id at the network. */
  readonly remoteId: string
  readonly standing: Standing
}

export interface Found extends Made {
  /** The attempt that created it. Absent: unknown. */
  readonly attempt?: number
}

/** The contents of a network's message. */
export interface Message {
  /** The network's id of its subject. Absent: not given. */
  readonly remoteId?: string
  /** The state of the subject. Absent: it has to be looked up. */
  readonly standing?: Standing
  /** It only confirms that the subject exists: a look-up is needed only if that was unknown. */
  readonly confirms?: boolean
}

/** A reservation that consists of several resources at the network. */
export interface Parts {
  /** The ids in messages of the parts of a remote id. */
  of(remoteId: string): readonly string[]
  /** The number of parts of a reservation. */
  count(reservation: Reservation): number
}

/**
 * A kind of network behind an API. Its errors state what is known: {@link NetworkRefusal} that the request was received
 * and not carried out, {@link NetworkInDoubt} that the outcome is unknown, `NetworkUnreachable` that there was no
 * answer.
 */
export interface Door {
  /** What it does not support in a reservation, as text. Undefined: it supports all of it. Sends no request. */
  objection(reservation: Reservation): string | undefined
  /** The whole request except the end, as text: while it is the same, only the end has to be moved. */
  wish(reservation: Reservation): string
  /** Asks the network to hold the reservation until `until`. */
  ask(reservation: Reservation, until: Instant | undefined, attempt: Attempt): Promise<Made>
  /**
   * All resources that it holds for a reservation, of all attempts.
   * @param attempt the one that is wanted
   */
  find?(reservation: Reservation, attempt: Attempt): Promise<readonly Found[]>
  /** Its state. Absent: the network cannot be asked. */
  look?(remoteId: string): Promise<Standing>
  /** How often a held reservation is looked up, in milliseconds. Default: every 5 minutes. */
  readonly lookEveryMs?: number
  /**
   * Moves the time at which it releases it by itself to a later one. Absent: it never does by itself.
   * @param from the current time of its release
   */
  move?(remoteId: string, from: Instant, until: Instant): Promise<Standing>
  /** Releases it. Idempotent. */
  end(remoteId: string): Promise<void>
  /** Resolves if the network answers. */
  ping(): Promise<void>
  /** Absent: a reservation is always one resource. */
  readonly parts?: Parts
  /** What is wrong with the network, in a sentence. */
  readonly trouble?: string | undefined
  /** @returns undefined if the message has no known contents */
  read(body: unknown, suffix: string): Message | undefined
  close(): Promise<void>
}

/** The request was received, and is not carried out. The message is for people. */
export class NetworkRefusal extends Error {
  override readonly name = 'NetworkRefusal'
  /** Whether a resource that the network holds conflicts with it: it may be ours. */
  readonly conflict: boolean

  constructor(message: string, { conflict = false, ...options }: ErrorOptions & { readonly conflict?: boolean } = {}) {
    super(message, options)
    this.conflict = conflict
  }
}

/** The network has answered, and the outcome is unknown. */
export class NetworkInDoubt extends Error {
  override readonly name = 'NetworkInDoubt'
  /** Its answer. */
  readonly answer?: { readonly status: number; readonly body: unknown }

  constructor(message: string, { answer, ...options }: ErrorOptions & Pick<NetworkInDoubt, 'answer'> = {}) {
    super(message, options)
    if (answer !== undefined) this.answer = answer
  }
}
