import type { OperatorProfile } from '../../domain/availability.js'

/** Those after `after` in the order of names, `limit` at most. */
export const pageOfProfiles = (
  profiles: ReadonlyMap<string, OperatorProfile>,
  after: string | undefined,
  limit: number,
): readonly OperatorProfile[] =>
  [...profiles.values()]
    .filter(({ name }) => after === undefined || name > after)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .slice(0, limit)

/** QoS profiles in memory: there are few, and every create needs one. */
export class KeptProfiles {
  readonly #read: () => AsyncIterable<OperatorProfile>
  /** By name. Undefined: they have to be read again. */
  #profiles: Promise<ReadonlyMap<string, OperatorProfile>> | undefined

  /** @param read returns all of them */
  constructor(read: () => AsyncIterable<OperatorProfile>) {
    this.#read = read
  }

  readonly find = async (name: string): Promise<OperatorProfile | undefined> => (await this.#all()).get(name)

  readonly list = async (after: string | undefined, limit: number): Promise<readonly OperatorProfile[]> =>
    pageOfProfiles(await this.#all(), after, limit)

  /** To be called when one has changed. */
  readonly forget = (): void => {
    this.#profiles = undefined
  }

  async #readAll(): Promise<ReadonlyMap<string, OperatorProfile>> {
    const profiles = new Map<string, OperatorProfile>()
    for await (const profile of this.#read()) profiles.set(profile.name, profile)
    return profiles
  }

  async #all(): Promise<ReadonlyMap<string, OperatorProfile>> {
    this.#profiles ??= this.#readAll()
    const profiles = this.#profiles
    try {
      return await profiles
    } catch (error) {
      if (this.#profiles === profiles) this.forget()
      throw error
    }
  }
}
