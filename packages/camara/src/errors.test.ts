import { describe, expect, expectTypeOf, it } from 'vitest'
import { ERRORS, QodError } from './errors.js'
import { ErrorInfo } from './schemas/index.js'

describe('the registry of errors', () => {
  it('has a message for every code that fits into an answer [schema ErrorInfo]', () => {
    const bounds = ErrorInfo.properties as Record<'code' | 'message', { maxLength?: number }>
    for (const [code, { status, message }] of Object.entries(ERRORS)) {
      expect(code.length, code).toBeLessThanOrEqual(bounds.code.maxLength as number)
      expect(message.length, code).toBeLessThanOrEqual(bounds.message.maxLength as number)
      expect(message, code).toMatch(/^[A-Z].*\.$/)
      expect(status, code).toBeGreaterThanOrEqual(400)
      expect(status, code).toBeLessThan(600)
    }
  })
})

describe('a refusal', () => {
  it('has the status and the message of its code by default', () => {
    expect(new QodError('CONFLICT')).toMatchObject({
      name: 'QodError',
      code: 'CONFLICT',
      status: 409,
      message: 'Another session already covers this flow of the device.',
    })
    expect(new QodError('CONFLICT', 'Another device has this phoneNumber.')).toMatchObject({
      status: 409,
      message: 'Another device has this phoneNumber.',
    })
  })

  it('keeps its cause, and the headers for the caller', () => {
    const cause = new Error('disk full')
    const refusal = new QodError('UNAVAILABLE', undefined, {
      cause,
      retryAfterSeconds: 2,
      allow: ['GET'],
      challenge: 'x',
    })
    expect(refusal).toMatchObject({ cause, retryAfterSeconds: 2, allow: ['GET'], challenge: 'x' })
    expect('cause' in new QodError('UNAVAILABLE')).toBe(false)
  })

  it('has a stack only if it is an internal error', () => {
    const here = /errors\.test/
    expect(new QodError('INTERNAL').stack).toMatch(here)
    expect(new QodError('UNAVAILABLE').stack).toMatch(here)
    expect(new QodError('NOT_FOUND').stack).not.toMatch(here)
    expect(new Error('after it').stack).toMatch(here)
  })

  it('cannot have a code that is not registered', () => {
    expectTypeOf(QodError).toBeConstructibleWith('NOT_FOUND')
    // @ts-expect-error a typing error
    expect(() => new QodError('CONFILCT')).toThrow(TypeError)
  })
})
