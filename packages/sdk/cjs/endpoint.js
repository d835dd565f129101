"use strict";
// Who is on the other side, and what they take. An endpoint is chosen by a preset and never guessed: a header that one
// of them needs makes another refuse the request.
Object.defineProperty(exports, "__esModule", { value: true });
exports.rightofway = rightofway;
exports.camara = camara;
exports.nokia = nokia;
const errors_js_1 = require("./errors.js");
/** Where `rightofway serve` listens unless told otherwise. */
const DEFAULT_URL = 'http://127.0.0.1:8080';
const NOKIA_URL = 'https://network-as-code.p-eu.rapidapi.com';
const NOKIA_HOST = 'network-as-code.nokia.rapidapi.com';
/**
 * A Right of Way gateway: the default.
 * @param options.baseUrl  default: the environment's `RIGHTOFWAY_URL`, else `http://127.0.0.1:8080`
 * @throws {QodArgumentError} the URL cannot be used: not https beyond this machine, say
 */
function rightofway(options = {}) {
    const { baseUrl = environment('RIGHTOFWAY_URL') ?? DEFAULT_URL, oauth } = options;
    return { ...camara({ baseUrl, oauth }), name: 'rightofway', extensions: true };
}
/**
 * Any operator's CAMARA endpoint: the contract, and nothing beyond it.
 * @throws {QodArgumentError} a URL cannot be used
 */
function camara({ baseUrl, oauth, version = 'v1', qosProfiles = true }) {
    const base = checkedUrl('baseUrl', baseUrl);
    return {
        name: 'camara',
        qualityOnDemandUrl: `${base}/quality-on-demand/${version}`,
        qosProfilesUrl: qosProfiles ? `${base}/qos-profiles/${version}` : undefined,
        oauth: oauth && { ...oauth, tokenUrl: checkedUrl('oauth.tokenUrl', oauth.tokenUrl) },
        correlator: true,
        extensions: false,
        authorization: (token) => ({ authorization: `Bearer ${token}` }),
    };
}
/**
 * Nokia's Network as Code: the client's `token` is the application key of its portal.
 * @param options.baseUrl  default: the production platform
 * @param options.rapidApiHost  the `X-RapidAPI-Host` that goes with it
 * @throws {QodArgumentError} the URL cannot be used
 */
function nokia(options = {}) {
    const { baseUrl = NOKIA_URL, rapidApiHost = NOKIA_HOST } = options;
    return {
        ...camara({ baseUrl, qosProfiles: false }),
        name: 'nokia',
        correlator: false,
        authorization: (token) => ({ 'x-rapidapi-key': token, 'x-rapidapi-host': rapidApiHost }),
    };
}
/** Keys and tokens travel in the clear over plain http: only on this machine. */
function checkedUrl(name, text) {
    let url;
    try {
        url = new URL(text);
    }
    catch {
        throw new errors_js_1.QodArgumentError(`${name} is not a URL: it must look like https://qod.example.com`);
    }
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
        throw new errors_js_1.QodArgumentError(`${name} must begin with https:// (plain http only to this machine), not ${url.origin}`);
    }
    if (url.username || url.password || url.search || url.hash) {
        throw new errors_js_1.QodArgumentError(`${name} must have no user name, password, query or fragment`);
    }
    return url.href.replace(/\/+$/, '');
}
const isLoopback = (host) => /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(host);
/** A variable of the environment, where there is one: browsers have none. */
function environment(name) {
    const { process } = globalThis;
    return process?.env?.[name] || undefined;
}
