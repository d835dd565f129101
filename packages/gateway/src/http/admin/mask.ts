// Masks personal data in answers of the admin API to viewers: enough is left to tell two values apart.

/** Members with a person's phone number, network access identifier or address. */
const PERSONAL = new Set([
  'phoneNumber',
  'networkAccessIdentifier',
  'supi',
  'address',
  'publicAddress',
  'privateAddress',
  'ipv4Address',
  'ipv6Address',
  'ipv4',
  'ipv6',
])

/** Members below which addresses are those of servers. */
const PUBLIC = new Set(['applicationServer', 'server'])

/** A copy of an answer without personal data. */
export function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, maskedMember(name, member)]))
}

function maskedMember(name: string, member: unknown): unknown {
  if (PUBLIC.has(name)) return member
  if (typeof member !== 'string') return masked(member)
  // Where every address is a device, the device's id is its address.
  if (name === 'device' && member.startsWith('open:')) return `open:${maskedText(member.slice(5))}`
  // The path and query of a sink are the receiver's, and may contain tokens.
  if (name === 'sink') return URL.canParse(member) ? `${new URL(member).origin}/…` : '…'
  return PERSONAL.has(name) ? maskedText(member) : member
}

/** The first two characters and the last two. */
const maskedText = (text: string): string => (text.length <= 6 ? '…' : `${text.slice(0, 2)}…${text.slice(-2)}`)
