import type { EventQosStatus, StatusInfo } from './wire.js';
/** A session's status has changed: what the network tells a sink (CAMARA `EventQosStatusChanged`). */
export interface QodEvent {
    /** The same on every attempt to deliver it: what was seen before is a repeat. */
    readonly id: string;
    /** URL of the session, by the endpoint's own name for itself. */
    readonly source: string;
    readonly type: string;
    /** When the status changed. */
    readonly time: Date;
    readonly sessionId: string;
    readonly status: EventQosStatus;
    /** Why it is UNAVAILABLE. */
    readonly statusInfo: StatusInfo | undefined;
}
/** A request as Node's frameworks show it: Express, Fastify, or `node:http` itself. */
export interface NodeRequest {
    readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
    /** Parsed, text or bytes; where nothing has read it yet, the request itself is. */
    readonly body?: unknown;
    /** The bytes of a body that something has parsed already, where they were kept. */
    readonly rawBody?: unknown;
}
export interface ParseOptions {
    /**
     * What `sinkCredential.accessToken` was; several while it is being changed. `null` takes events from anybody: only
     * for sessions that were created without a credential.
     */
    readonly token: string | readonly string[] | null;
    /**
     * The signing secret of your application (`whsec_...`, from the gateway's operator); several while it is being
     * changed. Then an event must bear a signature of Standard Webhooks that fits it, made at most five minutes ago.
     * It is over the bytes of the body: a framework must not have parsed it, or must have kept `rawBody`.
     */
    readonly secret?: string | readonly string[] | undefined;
}
/**
 * The event that a request to a sink carries.
 * @throws {QodEventError} it is not from who may send events, or no event; `error.status` is what to answer
 * @throws {QodArgumentError} a signature cannot be verified: `secret` is none, or the body was parsed before; or what is
 *   given is no request
 * @example
 * const event = await parseQodEvent(request, { token: process.env.SINK_TOKEN })
 */
export declare function parseQodEvent(request: Request | NodeRequest, options: ParseOptions): Promise<QodEvent>;
