import type { Api, CallOptions } from './api.js';
import type { QosStatus, StatusInfo } from './wire.js';
export interface FollowOptions extends CallOptions {
    /**
     * Of endpoints that tell nothing by themselves, or behind something that lets no stream through: milliseconds between
     * two questions while the session is AVAILABLE, from 1 to 2 147 483 647, or `Infinity`. Default: the client's, 30 000.
     * (While it is REQUESTED they begin at half a second; its end is asked for in time.)
     */
    readonly pollMs?: number | undefined;
}
/** A session's status has changed. */
export interface SessionChange {
    readonly status: QosStatus;
    /** Why it ended. Undefined while it has not, and where the endpoint has forgotten the session before it could say. */
    readonly statusInfo: StatusInfo | undefined;
    /** When it happened; undefined where only the fact is known. */
    readonly at: Date | undefined;
}
/** What is followed. */
export interface Followed {
    readonly id: string;
    readonly status: QosStatus;
    readonly statusInfo: StatusInfo | undefined;
    readonly startedAt: Date | undefined;
    readonly expiresAt: Date | undefined;
    refresh(options: CallOptions): Promise<unknown>;
}
export declare function follow(api: Api, session: Followed, options: FollowOptions): AsyncGenerator<SessionChange>;
