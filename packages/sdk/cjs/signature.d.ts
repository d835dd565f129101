/**
 * Checks who sent a body, that it was not changed, and that it was signed a moment ago.
 * @param text as it came; undefined where it was parsed, and not kept
 * @returns the id that was signed
 * @throws {QodEventError} 401
 * @throws {QodArgumentError} it cannot be verified
 */
export declare function verifySignature(text: string | undefined, header: (name: string) => string, secrets: readonly string[]): Promise<string>;
/** Compares digests: how long it takes tells something of them, and nothing of the secrets. */
export declare function isOneOf(given: string, secrets: readonly string[]): Promise<boolean>;
