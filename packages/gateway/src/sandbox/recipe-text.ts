import type { Recipe, Step } from './recipes.js'

/** Longer texts are shown by their beginning. */
const LONGEST = 200

/**
 * A recipe in words, its requests as they are sent.
 * @param code sets what is sent apart from the words
 */
export function recipeText({ steps, after = [] }: Recipe, code: (text: string) => string): string {
  const done = steps.map((step) => stepText(step, code)).join('; ')
  return after.length === 0 ? done : `${done}; afterwards ${after.map((step) => stepText(step, code)).join('; ')}`
}

function stepText(step: Step, code: (text: string) => string): string {
  const { as = 'A', admin, method, path, headers = {}, body, members } = step
  const who = admin ? 'admin' : as === 'token' ? 'with that token' : as
  const sent = Object.entries(headers).map(([name, value]) => `with the header ${code(`${name}: ${shortened(value)}`)}`)
  const request =
    members === undefined ? code([`${method} ${path}`, textOf(body)].join(' ').trim()) : sessionText(members, code)
  return [`${who}: ${request}`, ...sent].join(' ')
}

function sessionText(members: Readonly<Record<string, unknown>>, code: (text: string) => string): string {
  const words = Object.entries(members).map(([name, value]) =>
    value === undefined
      ? `without ${code(name)}`
      : `with ${code(`${JSON.stringify(name)}: ${shortened(JSON.stringify(value))}`)}`,
  )
  return ['a session', words.join(' and ')].join(' ').trim()
}

const textOf = (body: Step['body']): string =>
  body === undefined ? '' : shortened(typeof body === 'string' ? body : JSON.stringify(body))

const shortened = (text: string): string =>
  text.length > LONGEST ? `${text.slice(0, 40)}... (${text.length} characters)` : text
