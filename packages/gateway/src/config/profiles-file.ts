import { readFileSync } from 'node:fs'
import type { QosProfile } from '@rightofway/camara'
import { describeViolation, QosProfile as Schema, type Violation } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { parse } from 'yaml'
import { checkProfile } from '../domain/profile.js'
import { ConfigError } from './config.js'
import { compile } from './validator.js'

/** The profiles that a new store gets when nothing else is configured. */
export const SHIPPED_PROFILES = new URL('../../assets/profiles.yaml', import.meta.url)

const validate = compile(Type.Array(Schema))

/**
 * Reads profiles from YAML, as in assets/profiles.yaml.
 * @throws {ConfigError} naming the profile and the member
 */
export function readProfiles(file: string | URL): QosProfile[] {
  const profiles: unknown = parse(readFileSync(file, 'utf8'))
  if (!validate(profiles)) {
    const { message } = describeViolation(validate.errors as Violation[], 'body')
    throw new ConfigError(`${String(file)}: ${message}`)
  }
  for (const profile of profiles as QosProfile[]) {
    try {
      checkProfile(profile)
    } catch (error) {
      throw new ConfigError(`${String(file)}: ${profile.name}: ${(error as Error).message}`, { cause: error })
    }
  }
  return profiles as QosProfile[]
}
