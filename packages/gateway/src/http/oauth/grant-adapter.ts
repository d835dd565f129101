// The state of the authorization server in our store: encrypted, as its requests name subscribers, and under pseudonyms
// that reveal no code.

import { instant, type Mutable } from '@rightofway/camara'
import type { Adapter, AdapterPayload, errors } from 'oidc-provider'
import type { Secrets } from '../../auth/secrets/keyring.js'
import type { GrantRecord, GrantStore } from '../../ports/store/grants.js'

export interface GrantAdapterDeps {
  readonly grants: GrantStore
  readonly secrets: Secrets
  /** Milliseconds since the epoch, independent of the sandbox clock. */
  readonly realNow: () => number
  /** The error for a second use. */
  readonly InvalidGrant: typeof errors.InvalidGrant
}

/** Stores one kind of object, such as authorization codes. */
export class GrantAdapter implements Adapter {
  readonly #kind: string
  readonly #deps: GrantAdapterDeps

  constructor(kind: string, deps: GrantAdapterDeps) {
    this.#kind = kind
    this.#deps = deps
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    const { grants, secrets, realNow } = this.#deps
    const grant: Mutable<GrantRecord> = { id: this.#row(id), body: secrets.encrypt(JSON.stringify(payload)) }
    if (payload.grantId !== undefined) grant.group = groupOf(payload.grantId)
    if (Number.isFinite(expiresIn)) grant.expiresAt = instant(realNow() + expiresIn * 1000)
    await grants.put(grant)
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const { grants, secrets, realNow } = this.#deps
    const now = instant(realNow())
    const found = await grants.find(this.#row(id), now)
    if (found === undefined) return undefined
    const payload = JSON.parse(secrets.decrypt(found.body)) as AdapterPayload
    const used = await grants.find(this.#usedRow(id), now)
    if (used !== undefined) payload.consumed = Number(secrets.decrypt(used.body))
    return payload
  }

  /** Of two concurrent uses, on any gateways, one is refused. */
  async consume(id: string): Promise<void> {
    const { grants, secrets, realNow, InvalidGrant } = this.#deps
    const now = instant(realNow())
    const { group, expiresAt } = (await grants.find(this.#row(id), now)) ?? {}
    const mark: Mutable<GrantRecord> = { id: this.#usedRow(id), body: secrets.encrypt(String(Math.floor(now / 1000))) }
    if (group !== undefined) mark.group = group
    if (expiresAt !== undefined) mark.expiresAt = expiresAt
    if (!(await grants.add(mark))) throw new InvalidGrant('it was already used')
  }

  destroy(id: string): Promise<void> {
    return this.#deps.grants.delete(this.#row(id))
  }

  revokeByGrantId(grantId: string): Promise<void> {
    return this.#deps.grants.deleteGroup(groupOf(grantId))
  }

  /** Browser sessions are only found by their cookie: nothing is bound to them. */
  async findByUid(): Promise<undefined> {
    return undefined
  }

  /** Only for the device flow, which is not supported. */
  async findByUserCode(): Promise<undefined> {
    return undefined
  }

  #row(id: string): string {
    return `oauth:${this.#deps.secrets.pseudonym('oauth', this.#kind, id)}`
  }

  #usedRow(id: string): string {
    return `${this.#row(id)}:used`
  }
}

const groupOf = (grantId: string): string => `grant:${grantId}`
