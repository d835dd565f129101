import { describeViolation, type Violation } from '@rightofway/camara/schemas'
import type { OperatorProfile } from '../domain/availability.js'
import { checkProfile } from '../domain/profile.js'
import { OperatorProfileSchema } from '../schemas/operator-profile.js'
import { compile } from '../schemas/validator.js'
import { ConfigError } from './config-error.js'
import { nameOf, readYaml } from './yaml-file.js'

/** The profiles of a new store if nothing else is configured. */
export const SHIPPED_PROFILES = new URL('../../assets/profiles.yaml', import.meta.url)

const validate = compile(OperatorProfileSchema)

/**
 * Reads profiles from YAML, as in assets/profiles.yaml.
 * @throws {ConfigError} naming the file, the profile and the member
 */
export function readProfiles(file: string | URL): OperatorProfile[] {
  const { value: profiles } = readYaml(file, 'the file of profiles')
  if (!Array.isArray(profiles)) throw new ConfigError(`${nameOf(file)}: it must be a list of profiles`)
  const names = new Set<string>()
  return (profiles as unknown[]).map((profile, index) => {
    const name = (profile as { name?: unknown } | null)?.name
    const problem = problemOf(profile) ?? (names.has(String(name)) ? 'another profile has this name' : undefined)
    if (problem !== undefined) {
      throw new ConfigError(`${nameOf(file)}: profile ${typeof name === 'string' ? name : index + 1}: ${problem}`)
    }
    names.add(String(name))
    return profile as OperatorProfile
  })
}

function problemOf(profile: unknown): string | undefined {
  if (!validate(profile)) {
    return describeViolation(validate.errors as Violation[], 'profile').message.replace(' (profile)', '')
  }
  try {
    checkProfile(profile as OperatorProfile)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
