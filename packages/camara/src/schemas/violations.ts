// Messages for violations of a schema that help to correct the request: the member, the error, the allowed values.

/** An error of Ajv. With its option `verbose` the messages can also name the allowed values. */
export interface Violation {
  readonly instancePath: string
  readonly schemaPath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string
  readonly parentSchema?: object
}

export interface Described {
  /** JSON pointer of the wrong member. */
  readonly pointer: string
  /** Whether it is missing. */
  readonly missing: boolean
  readonly message: string
}

const COMBINATORS = new Set(['anyOf', 'oneOf', 'allOf', 'if', 'not'])

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
}

const FORMAT_WORDS: Readonly<Record<string, string>> = {
  'date-time': 'a date and time with a time zone (RFC 3339)',
  uuid: 'a UUID',
  uri: 'a URI',
  ipv4: 'an IPv4 address without a prefix length',
  ipv6: 'an IPv6 address without a prefix length',
  int32: 'a whole number of 32 bits',
  prefix: 'an IP address or a prefix, such as 198.51.100.0/24 or 2001:db8::/32',
  'name-server': 'an IP address, or address:port, such as 192.0.2.53:5353 or [2001:db8::53]:5353',
  origin: 'an origin without a path, such as https://app.example, or *',
  'http-url': 'a URL that begins with http:// or https://, has a host and, at most, a port up to 65535',
}

/**
 * Describes the most useful violation. Of alternatives (`anyOf`, `oneOf`) every branch reports one; the intended branch
 * is the one whose violation is deepest, or is about a value rather than about which members are present.
 */
export function describeViolation(violations: readonly Violation[], context: string): Described {
  const telling = violations.filter(({ keyword }) => !COMBINATORS.has(keyword))
  const best = [...(telling.length > 0 ? telling : violations)].sort((a, b) => weight(b) - weight(a))[0]
  if (best === undefined) return { pointer: '', missing: false, message: 'The request is malformed' }
  const rivals = telling.filter((other) => other.instancePath === best.instancePath && weight(other) === weight(best))
  const { member, words } = fault(best, rivals)
  const pointer = member === undefined ? best.instancePath : `${best.instancePath}/${escaped(member)}`
  return { pointer, missing: best.keyword === 'required', message: `${placeOf(pointer, context)} ${words}` }
}

const IS_ABOUT_MEMBERS = new Set(['required', 'additionalProperties'])

const weight = ({ instancePath, keyword }: Violation): number =>
  instancePath.split('/').length * 2 + (IS_ABOUT_MEMBERS.has(keyword) ? 0 : 1)

/** RFC 6901 section 3. */
const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

function placeOf(pointer: string, context: string): string {
  const path = pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`), '')
  const place = context === 'params' ? 'path' : context === 'querystring' ? 'query' : context
  if (path === '') return place === 'body' ? 'The body' : `The ${place}`
  return place === 'body' ? path : `${path} (${place})`
}

/** The message about a value, or about one of its members. */
interface Fault {
  readonly member?: string
  readonly words: string
}

/** @param rivals violations of equal weight for the same value, including `best`: those of alternatives */
function fault(best: Violation, rivals: readonly Violation[]): Fault {
  switch (best.keyword) {
    case 'additionalProperties':
      return unknownMember(rivals)
    case 'required': {
      const names = namesIn(rivals, 'missingProperty')
      return names.length > 1
        ? { words: `must have ${listed(names, 'or')}` }
        : { member: names.join(), words: 'is required' }
    }
    case 'discriminator':
      return { member: String(best.params['tag']), words: supportedTags(best) }
    default: {
      const [first = '', ...others] = new Set(rivals.map(wordsFor))
      const said = first.startsWith('must be ') ? /^must (be )?/ : /^must /
      return { words: [first, ...others.map((words) => words.replace(said, ''))].join(' or ') }
    }
  }
}

/** A member that no alternative has, or members that only different alternatives have. */
function unknownMember(rivals: readonly Violation[]): Fault {
  const known = new Set(rivals.flatMap(({ parentSchema }) => Object.keys(propertiesOf(parentSchema))))
  const names = namesIn(rivals.filter(isAboutUnknown), 'additionalProperty')
  const stranger = names.find((name) => !known.has(name))
  if (stranger === undefined) return { words: `cannot have both ${listed(names, 'and')}` }
  const choice = known.size === 0 ? '' : `; allowed are ${[...known].join(', ')}`
  return { member: stranger, words: `is not a known member${choice}` }
}

const isAboutUnknown = ({ keyword }: Violation): boolean => keyword === 'additionalProperties'

const namesIn = (violations: readonly Violation[], param: string): string[] => [
  ...new Set(violations.filter(({ params }) => param in params).map(({ params }) => String(params[param]))),
]

const listed = (names: readonly string[], word: 'and' | 'or'): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`

const propertiesOf = (schema: { properties?: object } | undefined): Readonly<Record<string, { enum?: unknown[] }>> =>
  (schema?.properties ?? {}) as Record<string, { enum?: unknown[] }>

function supportedTags({ params, parentSchema }: Violation): string {
  const { oneOf = [] } = (parentSchema ?? {}) as { oneOf?: object[] }
  const tags = oneOf.flatMap((option) => propertiesOf(option)[String(params['tag'])]?.enum ?? [])
  return tags.length === 0 ? 'is not of a supported type' : `must be one of ${tags.join(', ')}`
}

const counted = (limit: unknown, noun: string): string => `${String(limit)} ${noun}${limit === 1 ? '' : 's'}`

function wordsFor({ keyword, params, message }: Violation): string {
  switch (keyword) {
    case 'type':
      return `must be ${TYPE_WORDS[String(params['type'])] ?? String(params['type'])}`
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`
    case 'format':
      return `must be ${FORMAT_WORDS[String(params['format'])] ?? `of the format ${String(params['format'])}`}`
    case 'pattern':
      return `must match ${String(params['pattern'])}`
    case 'minimum':
      return `must be at least ${String(params['limit'])}`
    case 'maximum':
      return `must be at most ${String(params['limit'])}`
    case 'minLength':
      return `must have at least ${counted(params['limit'], 'character')}`
    case 'maxLength':
      return `must have at most ${counted(params['limit'], 'character')}`
    case 'minItems':
      return `must have at least ${counted(params['limit'], 'item')}`
    case 'maxItems':
      return `must have at most ${counted(params['limit'], 'item')}`
    case 'minProperties':
      return `must have at least ${counted(params['limit'], 'member')}`
    case 'maxProperties':
      return `must have at most ${counted(params['limit'], 'member')}`
    case 'uniqueItems':
      return `must not contain an item twice (items ${String(params['j'])} and ${String(params['i'])} are equal)`
    default:
      return message ?? 'is not valid'
  }
}
