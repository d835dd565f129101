/** How this package waits. Tests bring their own. */
export interface Time {
    /** Milliseconds since the epoch. */
    now(): number;
    /**
     * Resolves after `ms`.
     * @param idle  nothing is under way meanwhile: the wait keeps no process alive
     * @throws the signal's reason, once it is aborted
     */
    sleep(ms: number, signal: AbortSignal | undefined, idle?: boolean): Promise<void>;
}
/** @throws {QodArgumentError} no timer can wait for that long; Infinity is for those that never go off */
export declare function checkedMs(name: string, ms: unknown): number;
export declare const realTime: Time;
