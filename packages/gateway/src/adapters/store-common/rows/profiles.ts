import type { OperatorProfile } from '../../../domain/availability.js'
import { parsed } from '../damaged-row.js'

export interface ProfileRow {
  name: string
  body: string
}

/** @throws {DamagedRow} naming the profile */
export const toProfile = ({ name, body }: ProfileRow): OperatorProfile => parsed(body, 'profiles', name)
