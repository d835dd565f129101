/** Milliseconds of the machine's monotonic clock, which stations use too. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6

/** Converts a time of the wall clock to it. */
export const monotonic = (date: Date): number => now() + date.getTime() - Date.now()

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))
