import { type DestinationStream, type Logger, pino } from 'pino'
import { logError } from './log-error.js'

/** A log of JSON lines, their times in ISO 8601. @param output default: standard output */
export const openLog = (level: string, output?: DestinationStream): Logger =>
  pino(
    { level, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: logError } },
    output ?? pino.destination(1),
  )
