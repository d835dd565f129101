// Subjects of three-legged tokens. An application knows a subscriber by a random name that tells nothing to anyone
// else, not even to another application. A name exists exactly while there is consent.

import { randomUUID } from 'node:crypto'
import { type ApplicationId, type DeviceId, instant, type SubjectId } from '@rightofway/camara'
import type { GrantStore } from '../../ports/store/grants.js'
import type { Secrets } from '../secrets/keyring.js'

export interface Subject {
  readonly application: ApplicationId
  readonly device: DeviceId
}

export interface SubjectsDeps {
  readonly grants: GrantStore
  readonly secrets: Secrets
  /** Milliseconds since the epoch that no sandbox moves. */
  readonly realNow: () => number
}

const rowOf = (subject: string): string => `subject:${subject}`

/** All of it throws `KeyMissing` while the keyring is not there. */
export class Subjects {
  readonly #deps: SubjectsDeps

  constructor(deps: SubjectsDeps) {
    this.#deps = deps
  }

  /** The name of a subscriber for an application; undefined if there is no consent. */
  async nameOf(subject: Subject): Promise<SubjectId | undefined> {
    return (await this.#open(this.#consentOf(subject))) as SubjectId | undefined
  }

  /** Records consent. @returns the name, the same one if there is consent already */
  async consent(subject: Subject): Promise<SubjectId> {
    const known = await this.nameOf(subject)
    if (known !== undefined) return known
    const { grants, secrets } = this.#deps
    const name = randomUUID() as string as SubjectId
    const group = rowOf(name)
    await grants.put({ id: rowOf(name), group, body: secrets.encrypt(JSON.stringify(subject)) })
    if (await grants.add({ id: this.#consentOf(subject), group, body: secrets.encrypt(name) })) return name
    // Another call was faster: its name counts.
    await grants.delete(rowOf(name))
    return this.consent(subject)
  }

  /** The subscriber of a name; undefined if it is unknown, or consent was withdrawn. */
  async find(name: string): Promise<Subject | undefined> {
    const text = await this.#open(rowOf(name))
    return text === undefined ? undefined : (JSON.parse(text) as Subject)
  }

  /** Withdraws consent: tokens that carry the name are refused from now on. @returns false if there was none */
  async withdraw(subject: Subject): Promise<boolean> {
    const name = await this.nameOf(subject)
    if (name === undefined) return false
    await this.#deps.grants.deleteGroup(rowOf(name))
    return true
  }

  #consentOf({ application, device }: Subject): string {
    return `consent:${this.#deps.secrets.pseudonym('consent', application, device)}`
  }

  async #open(id: string): Promise<string | undefined> {
    const { grants, secrets, realNow } = this.#deps
    const row = await grants.find(id, instant(realNow()))
    return row && secrets.decrypt(row.body)
  }
}
