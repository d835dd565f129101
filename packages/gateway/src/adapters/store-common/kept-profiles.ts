import type { OperatorProfile } from '../../domain/availability.js'

/** QoS profiles at hand: there are few, and every create asks for one. */
export class KeptProfiles {
  readonly #read: () => Promise<readonly OperatorProfile[]>
  /** By name. Undefined while they have to be read again. */
  #profiles: Promise<ReadonlyMap<string, OperatorProfile>> | undefined

  /** @param read gives all of them, by name */
  constructor(read: () => Promise<readonly OperatorProfile[]>) {
    this.#read = read
  }

  readonly find = async (name: string): Promise<OperatorProfile | undefined> => (await this.#all()).get(name)

  readonly list = async (): Promise<readonly OperatorProfile[]> => [...(await this.#all()).values()]

  /** To be called when one has changed. */
  readonly forget = (): void => {
    this.#profiles = undefined
  }

  async #all(): Promise<ReadonlyMap<string, OperatorProfile>> {
    this.#profiles ??= this.#read().then((all) => new Map(all.map((profile) => [profile.name, profile])))
    const profiles = this.#profiles
    try {
      return await profiles
    } catch (error) {
      if (this.#profiles === profiles) this.forget()
      throw error
    }
  }
}
