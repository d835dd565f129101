/**
 * For tests of your own sink.
 * @module @rightofway/sdk/testing
 */
import type { EventQosStatus, StatusInfo } from './wire.js';
export interface QodEventRequestOptions {
    /** Where your sink listens. Default: `https://sink.example/events`. */
    readonly url?: string | undefined;
    /** What it expects as bearer token. Default: none is sent. */
    readonly token?: string | undefined;
    /** Default: a new one. */
    readonly sessionId?: string | undefined;
    /** Default: AVAILABLE. */
    readonly status?: EventQosStatus | undefined;
    /** Default: `DURATION_EXPIRED` for UNAVAILABLE, none for AVAILABLE. */
    readonly statusInfo?: StatusInfo | undefined;
    /** Default: the session's first event if AVAILABLE, its second otherwise. A repeat has the same. */
    readonly id?: string | undefined;
    /** Default: now. */
    readonly time?: Date | undefined;
}
/**
 * A request as a gateway sends it to a sink: hand it to your handler, or to `fetch`.
 * @example
 * const answer = await handler(qodEventRequest({ token: 'secret', status: 'UNAVAILABLE' }))
 */
export declare function qodEventRequest(options?: QodEventRequestOptions): Request;
