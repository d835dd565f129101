import type { ConnectionErrorCode } from './errors.js';
export declare function failureCode(error: unknown): ConnectionErrorCode;
/** The codes of an error and of what caused it. */
export declare function codesOf(error: unknown): string[];
