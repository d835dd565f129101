import type { Endpoint } from './endpoint.js';
import type { Time } from './time.js';
import type { TokenSource } from './tokens.js';
export interface Call {
    readonly method: 'GET' | 'POST' | 'DELETE';
    readonly url: string;
    readonly body?: object;
    /**
     * What a request changes: `none` (it reads), `same` (twice is as good as once: a delete, or a create with an
     * `Idempotency-Key`) or `more` (twice is one too many).
     */
    readonly effect: 'none' | 'same' | 'more';
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal | undefined;
    /** Told the `Link` of an answer that is no error (RFC 8288). */
    readonly onLink?: ((link: string | null) => void) | undefined;
}
export interface TransportOptions {
    readonly endpoint: Endpoint;
    readonly tokens: TokenSource;
    readonly fetch: typeof globalThis.fetch;
    readonly time: Time;
    /** For a whole call: all attempts, the waits between them, and the last byte of the answer. Infinity: no limit. */
    readonly timeoutMs: number;
    /** Attempts after the first. */
    readonly retries: number;
}
export declare class Transport {
    #private;
    constructor(options: TransportOptions);
    /** Milliseconds since the epoch, by the endpoint's clock as its answers show it (`Date`). */
    now(): number;
    /**
     * The JSON of an answer; undefined where there is none (204).
     * @throws {QodApiError} {QodConnectionError} or the reason of `call.signal`
     */
    send(call: Call): Promise<unknown>;
    /** An answer whose body goes on; the time limit is for its beginning. Undefined where there is nothing (204). */
    open(call: Call): Promise<ReadableStream<Uint8Array> | undefined>;
}
