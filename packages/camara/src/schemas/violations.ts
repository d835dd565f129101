// What a schema has against a request, said so that a person can mend it: the member, what is wrong, what is allowed.

/** An error of Ajv. */
export interface Violation {
  readonly instancePath: string
  readonly schemaPath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string
}

export interface Described {
  /** JSON pointer of the member at fault. */
  readonly pointer: string
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
}

/**
 * The violation most worth telling. Of alternatives (`anyOf`) every branch complains; the one that the caller meant is
 * the one whose complaint lies deepest, or is about a value rather than about which members there are.
 */
export function describeViolation(violations: readonly Violation[], context: string): Described {
  const telling = violations.filter(({ keyword }) => !COMBINATORS.has(keyword))
  const best = [...(telling.length > 0 ? telling : violations)].sort((a, b) => weight(b) - weight(a))[0]
  if (best === undefined) return { pointer: '', message: 'The request is malformed' }
  const pointer = pointerOf(best)
  return { pointer, message: `${placeOf(pointer, context)} ${wordsFor(best, violations)}` }
}

const weight = ({ instancePath, keyword }: Violation): number =>
  instancePath.split('/').length * 2 + (keyword === 'required' || keyword === 'additionalProperties' ? 0 : 1)

function pointerOf({ instancePath, keyword, params }: Violation): string {
  if (keyword === 'additionalProperties') return `${instancePath}/${String(params['additionalProperty'])}`
  if (keyword === 'required') return `${instancePath}/${String(params['missingProperty'])}`
  return keyword === 'discriminator' ? `${instancePath}/${String(params['tag'])}` : instancePath
}

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

function wordsFor({ keyword, params, message }: Violation, all: readonly Violation[]): string {
  switch (keyword) {
    case 'additionalProperties':
      return 'is not a known member here'
    case 'required': {
      const alternatives = all
        .filter((other) => other.keyword === 'required')
        .map((other) => String(other.params['missingProperty']))
      return alternatives.length > 1 && all.some((other) => other.keyword === 'anyOf')
        ? `is required, or one of: ${alternatives.slice(1).join(', ')}`
        : 'is required'
    }
    case 'type':
      return `must be ${TYPE_WORDS[String(params['type'])] ?? String(params['type'])}`
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`
    case 'discriminator':
      return 'is missing or is not of a supported type'
    case 'format':
      return `must be ${FORMAT_WORDS[String(params['format'])] ?? `of the format ${String(params['format'])}`}`
    case 'pattern':
      return `must match ${String(params['pattern'])}`
    case 'minimum':
      return `must be at least ${String(params['limit'])}`
    case 'maximum':
      return `must be at most ${String(params['limit'])}`
    case 'minLength':
      return `must have at least ${String(params['limit'])} characters`
    case 'maxLength':
      return `must have at most ${String(params['limit'])} characters`
    case 'minItems':
      return `must have at least ${String(params['limit'])} items`
    case 'maxItems':
      return `must have at most ${String(params['limit'])} items`
    case 'minProperties':
      return `must have at least ${String(params['limit'])} member`
    case 'maxProperties':
      return `must have at most ${String(params['limit'])} members`
    case 'uniqueItems':
      return `must not name an item twice (items ${String(params['j'])} and ${String(params['i'])} are equal)`
    default:
      return message ?? 'is not valid'
  }
}
