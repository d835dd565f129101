import type { ErrorCode } from './wire.js';
/** A CAMARA error code. Open, since an endpoint may say something that is newer than this package. */
export type QodErrorCode = ErrorCode | (string & {});
/** All errors of this package. */
export declare abstract class QodError extends Error {
}
/**
 * What came of a request that failed. `none`: nothing was changed. `unknown`: the endpoint may have done what was asked;
 * `device.sessions()` shows whether a session was created, `session.refresh()` whether it was extended.
 */
export type Outcome = 'none' | 'unknown';
export interface QodApiErrorDetails {
    readonly status: number;
    readonly code: QodErrorCode;
    readonly message: string;
    readonly correlator?: string | undefined;
    readonly retryAfterSeconds?: number | undefined;
    /** Default: `none`. */
    readonly outcome?: Outcome;
}
/**
 * The endpoint said no. `code` is for programs, `message` for people.
 *
 * An answer that is none of CAMARA's (a proxy's page, say) has the code `HTTP_` and its status.
 */
export declare class QodApiError extends QodError {
    readonly name = "QodApiError";
    /** HTTP status of the answer. */
    readonly status: number;
    readonly code: QodErrorCode;
    /** Ties the request to the endpoint's logs; undefined where the endpoint knows no `x-correlator`. */
    readonly correlator: string | undefined;
    /** When it makes sense to ask again, in seconds from the answer (`Retry-After`); undefined if it did not say. */
    readonly retryAfterSeconds: number | undefined;
    /** `unknown` after a 5xx that may have come after the change: a proxy's 502 or 504, say. */
    readonly outcome: Outcome;
    constructor({ message, ...details }: QodApiErrorDetails);
}
/**
 * Why there is no answer, the same in every runtime. `CONNECT_FAILED`: no connection was made, nothing was sent.
 * `CONNECTION_LOST`: it broke off. `TIMEOUT`: the call took longer than `timeoutMs`. `INVALID_RESPONSE`: the answer is
 * not JSON, or not what was asked for.
 */
export type ConnectionErrorCode = 'CONNECT_FAILED' | 'CONNECTION_LOST' | 'TIMEOUT' | 'INVALID_RESPONSE';
/** Nobody answered, not in time, or not in a way that can be understood. `cause` is what the runtime said. */
export declare class QodConnectionError extends QodError {
    readonly name = "QodConnectionError";
    readonly code: ConnectionErrorCode;
    readonly outcome: Outcome;
    /** The `x-correlator` that was sent, if one was. */
    readonly correlator: string | undefined;
    constructor(message: string, code: ConnectionErrorCode, outcome: Outcome, correlator?: string, cause?: unknown);
}
/** The call cannot be meant so: nothing was sent. The message says what is wrong, and what is allowed. */
export declare class QodArgumentError extends QodError {
    readonly name = "QodArgumentError";
}
/** Something that came to a sink is not an event of a session, or not from who may send one. */
export declare class QodEventError extends QodError {
    readonly name = "QodEventError";
    /** HTTP status to answer the sender with: 400, 401 or 413. */
    readonly status: 400 | 401 | 413;
    constructor(status: 400 | 401 | 413, message: string);
}
export interface ClearFailure {
    readonly sessionId: string;
    readonly error: unknown;
}
/** Some of a device's sessions could not be deleted; the others were. */
export declare class QodClearError extends QodError {
    readonly name = "QodClearError";
    readonly failures: readonly ClearFailure[];
    constructor(failures: readonly ClearFailure[], of: number);
}
/** The endpoint knows no such thing (any more). */
export declare const isGone: (error: unknown) => boolean;
