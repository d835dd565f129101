/** OAuth 2.0 client credentials (RFC 6749 section 4.4): two-legged access. */
export interface OAuthOptions {
    /** The authorization server's token endpoint: https. */
    readonly tokenUrl: string;
    readonly clientId: string;
    readonly clientSecret: string;
    /** Scopes to ask for, between spaces. Default: whatever the server gives. */
    readonly scope?: string | undefined;
    /** How the client shows its secret (RFC 6749 section 2.3.1). Default: `client_secret_basic`. */
    readonly authMethod?: 'client_secret_basic' | 'client_secret_post' | undefined;
}
/** What a client needs to know of the other side. Made by {@link rightofway}, {@link camara} and {@link nokia}. */
export interface Endpoint {
    readonly name: 'rightofway' | 'camara' | 'nokia';
    /** Base URL of the quality-on-demand API. */
    readonly qualityOnDemandUrl: string;
    /** Base URL of the qos-profiles API; undefined where there is none. */
    readonly qosProfilesUrl: string | undefined;
    readonly oauth: OAuthOptions | undefined;
    /** Whether it takes `x-correlator`. */
    readonly correlator: boolean;
    /** Whether it honours `Idempotency-Key` and serves a session's events as a stream: extensions of Right of Way. */
    readonly extensions: boolean;
    /** The headers in which a token travels. */
    authorization(token: string): Record<string, string>;
}
/**
 * A Right of Way gateway: the default.
 * @param options.baseUrl  default: the environment's `RIGHTOFWAY_URL`, else `http://127.0.0.1:8080`
 * @throws {QodArgumentError} the URL cannot be used: not https beyond this machine, say
 */
export declare function rightofway(options?: {
    baseUrl?: string | undefined;
    oauth?: OAuthOptions | undefined;
}): Endpoint;
export interface CamaraOptions {
    /** What stands before `/quality-on-demand/v1`. */
    readonly baseUrl: string;
    /** Default: none, and the client gets a `token`. */
    readonly oauth?: OAuthOptions | undefined;
    /** Version segment of both paths. Default: `v1`. */
    readonly version?: string | undefined;
    /** Whether there is a qos-profiles API that this client may use. Default: true. */
    readonly qosProfiles?: boolean | undefined;
}
/**
 * Any operator's CAMARA endpoint: the contract, and nothing beyond it.
 * @throws {QodArgumentError} a URL cannot be used
 */
export declare function camara({ baseUrl, oauth, version, qosProfiles }: CamaraOptions): Endpoint;
/**
 * Nokia's Network as Code: the client's `token` is the application key of its portal.
 * @param options.baseUrl  default: the production platform
 * @param options.rapidApiHost  the `X-RapidAPI-Host` that goes with it
 * @throws {QodArgumentError} the URL cannot be used
 */
export declare function nokia(options?: {
    baseUrl?: string | undefined;
    rapidApiHost?: string | undefined;
}): Endpoint;
