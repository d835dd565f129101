// Small facts that outlive a restart.

/** Small facts that must outlive a restart, by name. */
export interface SettingStore {
  get(name: string): Promise<string | undefined>
  set(name: string, value: string): Promise<void>
  /** Sets it, unless it is set: of several that try at once, one does. @returns whether it was this one */
  add(name: string, value: string): Promise<boolean>
}
