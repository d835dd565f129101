/** What the adapter says to operators: ids, counts and names of interfaces, never an address of a device. */
export interface AdapterLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
