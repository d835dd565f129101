import { type Instant, instant, QodError, toDateTime } from '@rightofway/camara'
import { closed, DateTime, type Operation } from '@rightofway/camara/schemas'
import Type from 'typebox'
import { route } from '../../http/route.js'
import type { SandboxClock } from '../clock.js'

const tag = 'Sandbox'

/** Long enough for a session of a day to be forgotten. */
const MAX_ADVANCE_S = 7 * 86_400

export interface ClockDeps {
  readonly sandboxClock: SandboxClock
}

const Now = closed({
  now: DateTime,
  nextAlarm: Type.Optional(Type.String({ description: 'Time of the next event that will happen by itself.' })),
})

const getClock = {
  operationId: 'getClock',
  method: 'GET',
  path: '/sandbox/clock',
  summary: 'Get the time of the sandbox',
  tag,
  success: { status: 200, description: 'The time.', schema: Now },
  errors: [],
} as const satisfies Operation

const advanceClock = {
  operationId: 'advanceClock',
  method: 'POST',
  path: '/sandbox/clock/advance',
  summary:
    'Move the clock of the gateway and its simulators forward; answers when everything that became due has settled',
  tag,
  body: closed(
    {
      seconds: Type.Optional(
        Type.Number({ minimum: 0.001, maximum: MAX_ADVANCE_S, description: 'To the millisecond.' }),
      ),
      to: Type.Optional(DateTime),
      toNextAlarm: Type.Optional(Type.Unsafe<true>({ type: 'boolean', enum: [true] })),
    },
    { minProperties: 1, maxProperties: 1 },
  ),
  success: { status: 200, description: 'The time.', schema: Now },
  errors: ['INVALID_ARGUMENT', 'OUT_OF_RANGE'],
} as const satisfies Operation

export const clockRoutes = [
  route({
    operation: getClock,
    async handle(_request, { sandboxClock }: ClockDeps) {
      return { body: toNow(sandboxClock) }
    },
  }),
  route({
    operation: advanceClock,
    async handle({ body }, { sandboxClock }: ClockDeps) {
      if (body.seconds !== undefined) await sandboxClock.moveBy(Math.round(body.seconds * 1000))
      else if (body.to !== undefined) await moveTo(sandboxClock, instant(Date.parse(body.to)))
      else await sandboxClock.moveToNextAlarm()
      return { body: toNow(sandboxClock) }
    },
  }),
]

async function moveTo(clock: SandboxClock, target: Instant): Promise<void> {
  if (target > clock.now() + MAX_ADVANCE_S * 1000) {
    throw new QodError('OUT_OF_RANGE', `to must not lie more than ${MAX_ADVANCE_S} s ahead`)
  }
  try {
    await clock.moveTo(target)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new QodError('OUT_OF_RANGE', error.message)
  }
}

function toNow(clock: SandboxClock) {
  const next = clock.nextAlarm()
  return { now: toDateTime(clock.now()), ...(next !== undefined && { nextAlarm: toDateTime(next) }) }
}
