/** Milliseconds of the machine's monotonic clock: the one that stations note their times by. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6

/** A moment of the wall clock, in that time. */
export const monotonic = (date: Date): number => now() + date.getTime() - Date.now()

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))
