/** The adapter's messages to operators: ids, counts and names of interfaces, never an address of a device. */
export interface AdapterLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** A log that adds these fields to every line. */
export const logWith = (log: AdapterLog, more: object): AdapterLog => ({
  info: (fields, message) => log.info({ ...more, ...fields }, message),
  warn: (fields, message) => log.warn({ ...more, ...fields }, message),
  error: (fields, message) => log.error({ ...more, ...fields }, message),
})
