import type { OAuthOptions } from './endpoint.js';
import type { Time } from './time.js';
/** A key or an access token, or a function that is asked for one before every request. */
export type Token = string | (() => string | Promise<string>);
/** Where the token of a request comes from. */
export interface TokenSource {
    get(): Promise<string>;
    /** The last one was refused. @returns whether `get` may now give another */
    refused(): boolean;
}
export declare function givenToken(token: Token): TokenSource;
/** Fetches access tokens with client credentials, and keeps each for as long as it lives. */
export declare function clientCredentials(oauth: OAuthOptions, fetch: typeof globalThis.fetch, time: Time, timeoutMs: number): TokenSource;
