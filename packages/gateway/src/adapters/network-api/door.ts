// How one kind of network is asked, and nothing else: what is kept, when it is asked again and what follows from an
// answer is the business of ApiNetwork.

import type { Instant } from '@rightofway/camara'
import type { Reservation } from '../../ports/network.js'

/** One try to have a reservation held: a network that was asked twice may hold it twice. */
export interface Attempt {
  readonly number: number
  /** Where the network is to send its messages about it. Absent: nobody listens. */
  readonly callbackUrl?: string
  /** Proves to the listener, beside the URL, who sends them. */
  readonly callbackToken?: string
  /** The same of a request that is sent again, and of no other. */
  readonly key: string
}

/** How it stands with something that the network was asked for. */
export type Standing =
  | {
      readonly state: 'pending'
      /** As in `granted`. */
      readonly until?: Instant
    }
  | {
      readonly state: 'granted'
      /** By the network's clock. Absent: it does not say. */
      readonly at?: Instant
      /** When it lets go by itself. Absent: never, or it does not say. */
      readonly until?: Instant
    }
  /** It holds nothing. */
  | {
      readonly state: 'ended'
      readonly reason: string
      /** Whether that is because the time it was asked for has passed. */
      readonly expired?: boolean
      /** When it had been granted, by the network's clock. Absent: it does not say. */
      readonly at?: Instant
      /** Whether something stands there still that is to be ended. */
      readonly remains?: boolean
    }

export interface Made {
  /** What the network calls it. */
  readonly remoteId: string
  readonly standing: Standing
}

export interface Found extends Made {
  /** For which attempt it was made. Absent: the network does not say. */
  readonly attempt?: number
}

/** What a message of the network says. */
export interface Message {
  /** What it is about, in the network's words. Absent: it does not say. */
  readonly remoteId?: string
  /** How that stands. Absent: look. */
  readonly standing?: Standing
  /** It is there, and nothing else is said: to be looked at only where that was not known. */
  readonly confirms?: boolean
}

/** Something that is several things to the network, and one to us. */
export interface Parts {
  /** What messages call those of a remote id. */
  of(remoteId: string): readonly string[]
  /** How many a reservation has. */
  count(reservation: Reservation): number
}

/**
 * A kind of network behind an API. What it throws says what is known: {@link NetworkRefusal} that it was heard and is
 * not done, {@link NetworkInDoubt} that it answered and nobody knows, `NetworkUnreachable` that it did not answer.
 */
export interface Door {
  /** What of a reservation it cannot carry, in words. Undefined: it can carry it. Nothing is asked for this. */
  objection(reservation: Reservation): string | undefined
  /** All that it is asked for but the end, as text: while it is the same, only the end has to be moved. */
  wish(reservation: Reservation): string
  /** Asks it to hold the reservation, until `until`. */
  ask(reservation: Reservation, until: Instant | undefined, attempt: Attempt): Promise<Made>
  /**
   * All that it holds for a reservation, whatever attempt it is from.
   * @param attempt the one that is looked for
   */
  find?(reservation: Reservation, attempt: Attempt): Promise<readonly Found[]>
  /** How it stands. Absent: it cannot be asked. */
  look?(remoteId: string): Promise<Standing>
  /** How often what is held is looked at, in milliseconds. Default: every 5 minutes. */
  readonly lookEveryMs?: number
  /**
   * Has it let go later by itself. Absent: it never lets go by itself.
   * @param from when it lets go now
   */
  move?(remoteId: string, from: Instant, until: Instant): Promise<Standing>
  /** Has it let go. Harmless where it has. */
  end(remoteId: string): Promise<void>
  /** Resolves if it answers. */
  ping(): Promise<void>
  /** Absent: all that it holds is one thing. */
  readonly parts?: Parts
  /** What keeps it from being as it should, in a sentence. */
  readonly trouble?: string | undefined
  /** @returns undefined if it says nothing that is known here */
  read(body: unknown, suffix: string): Message | undefined
  close(): Promise<void>
}

/** It has heard, and does not do it. The message is in words that people may read. */
export class NetworkRefusal extends Error {
  override readonly name = 'NetworkRefusal'
  /** Whether something that it holds already is in the way: it may be ours. */
  readonly conflict: boolean

  constructor(message: string, { conflict = false, ...options }: ErrorOptions & { readonly conflict?: boolean } = {}) {
    super(message, options)
    this.conflict = conflict
  }
}

/** It has answered, and it is open whether it has done something. */
export class NetworkInDoubt extends Error {
  override readonly name = 'NetworkInDoubt'
  /** What it answered. */
  readonly answer?: { readonly status: number; readonly body: unknown }

  constructor(message: string, { answer, ...options }: ErrorOptions & Pick<NetworkInDoubt, 'answer'> = {}) {
    super(message, options)
    if (answer !== undefined) this.answer = answer
  }
}
