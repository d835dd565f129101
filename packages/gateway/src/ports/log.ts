/** What workers say to operators. Fields hold ids, counts and reasons, never a name or an address of a device. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
