"use strict";
// How an event proves where it comes from: a secret of its own, or the signature headers of Standard Webhooks
// (https://www.standardwebhooks.com), which are HMAC-SHA256 over id, time and body.
Object.defineProperty(exports, "__esModule", { value: true });
exports.verifySignature = verifySignature;
exports.isOneOf = isOneOf;
const errors_js_1 = require("./errors.js");
/** What is older may be somebody's repeat, and what is newer nobody can have signed; in seconds. */
const TOLERANCE_S = 300;
/**
 * Checks who sent a body, that it was not changed, and that it was signed a moment ago.
 * @param text as it came; undefined where it was parsed, and not kept
 * @returns the id that was signed
 * @throws {QodEventError} 401
 * @throws {QodArgumentError} it cannot be verified
 */
async function verifySignature(text, header, secrets) {
    if (text === undefined) {
        throw new errors_js_1.QodArgumentError('the body was parsed: its signature needs request.rawBody');
    }
    const id = header('webhook-id');
    const timestamp = header('webhook-timestamp');
    const now = Date.now() / 1000;
    const wanted = await Promise.all(secrets.map((secret) => sign(`${id}.${timestamp}.${text}`, secret)));
    for (const signature of header('webhook-signature').split(' ')) {
        if (Math.abs(now - Number(timestamp)) <= TOLERANCE_S && (await isOneOf(signature, wanted)))
            return id;
    }
    throw new errors_js_1.QodEventError(401, `the request is not signed, or not by us within ${TOLERANCE_S} s`);
}
async function sign(text, secret) {
    const bytes = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(secret)?.[1];
    if (bytes === undefined)
        throw new errors_js_1.QodArgumentError('secret must be whsec_ and base64');
    const raw = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
    const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text)));
    return `v1,${btoa(String.fromCharCode(...mac))}`;
}
/** Compares digests: how long it takes tells something of them, and nothing of the secrets. */
async function isOneOf(given, secrets) {
    const [actual, ...wanted] = await Promise.all([given, ...secrets].map(digest));
    return given !== '' && wanted.includes(actual);
}
const digest = async (text) => String(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
