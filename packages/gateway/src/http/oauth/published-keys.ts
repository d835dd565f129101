// The keys that clients publish (`jwks_uri`): fetched, kept for a minute, and fetched again for an unknown key. A key
// that is no longer published is no longer accepted.

import { LRUCache } from 'lru-cache'
import { isGoodKey } from '../../auth/callers/client-keys.js'
import type { PublicJwk } from '../../domain/application.js'

/** Keys are kept for that long, whatever Cache-Control says: a stolen key must expire. Milliseconds. */
const FRESH_MS = 60_000
/** Minimum time between two fetches: anybody can send an assertion with an unknown key. Milliseconds. */
const COOLDOWN_MS = 10_000
/** Keys are used for that long while their URL does not answer. Milliseconds. */
const KEPT_MS = 600_000
const MAX_BYTES = 65_536
/** More than any client needs at a time. */
const MAX_KEYS = 50
/** Clients whose keys are cached. */
const REMEMBERED = 1_000

interface Kept {
  readonly uri: string
  readonly keys: readonly PublicJwk[]
  /** When they were fetched. */
  readonly since: number
  /** Until when the keys are not fetched again. */
  until: number
  /** The same, even for an assertion with an unknown key. */
  readonly notBefore: number
}

export interface PublishedKeysDeps {
  /** Uses the guarded dialler. */
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds of a monotonic clock. */
  readonly monotonicNow: () => number
}

export class PublishedKeys {
  readonly #deps: PublishedKeysDeps
  readonly #kept = new LRUCache<string, Kept>({ max: REMEMBERED })
  readonly #asking = new Map<string, Promise<Kept>>()

  constructor(deps: PublishedKeysDeps) {
    this.#deps = deps
  }

  /** The usable keys of a client; none if its URL has none. Concurrent calls share a fetch. */
  async of(client: string, uri: string): Promise<readonly PublicJwk[]> {
    const kept = this.#kept.get(client)
    if (kept?.uri === uri && this.#deps.monotonicNow() < kept.until) return kept.keys
    const name = `${client} ${uri}`
    const asking = this.#asking.get(name) ?? this.#ask(uri, kept).finally(() => this.#asking.delete(name))
    this.#asking.set(name, asking)
    const answered = await asking
    this.#kept.set(client, answered)
    return answered.keys
  }

  /** Call it with the key of an assertion: an unknown key makes the next call of `of` fetch again. */
  expect(client: string, kid: string): void {
    const kept = this.#kept.get(client)
    if (kept === undefined || kept.keys.some((key) => key['kid'] === kid)) return
    if (this.#deps.monotonicNow() >= kept.notBefore) kept.until = kept.notBefore
  }

  async #ask(uri: string, kept: Kept | undefined): Promise<Kept> {
    const now = this.#deps.monotonicNow()
    const notBefore = now + COOLDOWN_MS
    const keys = await this.#fetch(uri)
    if (keys !== undefined) return { uri, keys, since: now, until: now + FRESH_MS, notBefore }
    const usable = kept?.uri === uri && now - kept.since < KEPT_MS
    return { uri, keys: usable ? kept.keys : [], since: usable ? kept.since : now, until: notBefore, notBefore }
  }

  /** Undefined: no answer, or one without keys. */
  async #fetch(uri: string): Promise<readonly PublicJwk[] | undefined> {
    let text: string | undefined
    try {
      const answer = await this.#deps.fetch(uri, { headers: { accept: 'application/json' } })
      text = answer.ok ? await textOf(answer) : undefined
    } catch {
      // The failure is the client's: without keys, its assertions are refused.
      return undefined
    }
    const keys = text === undefined ? undefined : keysIn(text)
    if (keys === undefined) return undefined
    const good = await Promise.all(keys.map(isGoodKey))
    return keys.filter((_, index) => good[index])
  }
}

async function textOf(answer: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function keysIn(text: string): readonly PublicJwk[] | undefined {
  let set: { readonly keys?: unknown } | null
  try {
    set = JSON.parse(text) as typeof set
  } catch {
    return undefined
  }
  return Array.isArray(set?.keys) ? (set.keys as unknown[]).slice(0, MAX_KEYS).filter(isKey) : undefined
}

const isKey = (value: unknown): value is PublicJwk =>
  typeof (value as { readonly kty?: unknown } | null)?.kty === 'string'
