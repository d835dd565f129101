"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.givenToken = givenToken;
exports.clientCredentials = clientCredentials;
const errors_js_1 = require("./errors.js");
const failure_code_js_1 = require("./failure-code.js");
const members_js_1 = require("./members.js");
/** Before an access token ends, a new one is fetched: a request takes its time too. */
const EARLY_MS = 30_000;
/** RFC 6749 section 5.1 lets a server leave `expires_in` out. */
const DEFAULT_LIFE_S = 300;
/** Anything else would have to be quoted in an error by `fetch`, and then the key is in a log. */
function checked(token) {
    if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token))
        return token;
    throw new errors_js_1.QodArgumentError('token must be a string of printable ASCII characters without spaces');
}
function givenToken(token) {
    const get = typeof token === 'function' ? token : () => token;
    if (typeof token === 'string')
        checked(token);
    return { get: async () => checked(await get()), refused: () => false };
}
/** Fetches access tokens with client credentials, and keeps each for as long as it lives. */
function clientCredentials(oauth, fetch, time, timeoutMs) {
    let current;
    return {
        async get() {
            if (current !== undefined && (await current).until <= time.now())
                current = undefined;
            current ??= fetchToken(oauth, fetch, time, timeoutMs).catch((error) => {
                current = undefined;
                throw error;
            });
            return (await current).token;
        },
        refused() {
            const cached = current !== undefined;
            current = undefined;
            return cached;
        },
    };
}
async function fetchToken(oauth, fetch, time, timeoutMs) {
    const { tokenUrl, clientId, clientSecret, scope, authMethod = 'client_secret_basic' } = oauth;
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (scope !== undefined)
        form.set('scope', scope);
    const headers = {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
    };
    if (authMethod === 'client_secret_basic') {
        headers['authorization'] = `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`)}`;
    }
    else {
        form.set('client_id', clientId);
        form.set('client_secret', clientSecret);
    }
    const asked = time.now();
    let answer;
    let text;
    try {
        const signal = timeoutMs === Infinity ? null : AbortSignal.timeout(timeoutMs);
        answer = await fetch(tokenUrl, { method: 'POST', headers, body: form.toString(), redirect: 'manual', signal });
        text = await answer.text();
    }
    catch (error) {
        throw new errors_js_1.QodConnectionError('the authorization server did not answer', (0, failure_code_js_1.failureCode)(error), 'none', undefined, error);
    }
    const body = (0, members_js_1.membersOf)(text);
    if (!answer.ok || typeof body['access_token'] !== 'string') {
        throw new errors_js_1.QodApiError({
            status: answer.status,
            code: 'UNAUTHENTICATED',
            message: `the authorization server gave no token (${answer.status} ${String(body['error'] ?? '')})`,
        });
    }
    const life = Number(body['expires_in'] ?? DEFAULT_LIFE_S) * 1000;
    return { token: checked(body['access_token']), until: asked + life - Math.min(EARLY_MS, life / 2) };
}
/** RFC 6749 section 2.3.1: form-encoded before they are put together. */
const formEncoded = (text) => new URLSearchParams({ '': text }).toString().slice(1);
