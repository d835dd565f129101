import type { DecisionRecord } from '../../../ports/store/audit.js'
import { parsed } from '../damaged-row.js'

export interface ChangeRow {
  number: number
  at: DecisionRecord['at']
  by: string
  kind: DecisionRecord['of']
  name: string
  before: string | null
  after: string | null
}

export const toChangeText = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))

export const toChange = ({ number, at, by, kind, name, before, after }: ChangeRow): DecisionRecord => ({
  number,
  at,
  by,
  of: kind,
  name,
  ...(before !== null && { before: parsed<unknown>(before, 'changes', String(number)) }),
  ...(after !== null && { after: parsed<unknown>(after, 'changes', String(number)) }),
})
