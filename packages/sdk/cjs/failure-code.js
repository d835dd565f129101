"use strict";
// What runtimes say when `fetch` fails, in words of ours.
Object.defineProperty(exports, "__esModule", { value: true });
exports.failureCode = failureCode;
exports.codesOf = codesOf;
/** The connection was never made. (Node and Deno by errno and certificate, undici, Bun.) */
const NEVER_MADE = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|FailedToOpenSocket|.*(CERT|VERIFY).*)$/;
function failureCode(error) {
    if (error?.name === 'TimeoutError')
        return 'TIMEOUT';
    return codesOf(error).some((code) => NEVER_MADE.test(code)) ? 'CONNECT_FAILED' : 'CONNECTION_LOST';
}
/** The codes of an error and of what caused it. */
function codesOf(error) {
    const { code, cause } = Object(error);
    return [...(typeof code === 'string' ? [code] : []), ...(cause === undefined ? [] : codesOf(cause))];
}
