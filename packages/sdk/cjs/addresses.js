"use strict";
// Only as much of addresses as a caller can get wrong by putting one in the wrong place: the endpoint judges the rest.
Object.defineProperty(exports, "__esModule", { value: true });
exports.isIpv4 = void 0;
exports.isIpv6 = isIpv6;
exports.isPrefix = isPrefix;
/** A dotted quad. */
const isIpv4 = (text) => typeof text === 'string' && /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/.test(text);
exports.isIpv4 = isIpv4;
/** RFC 4291 text. The URL parser that every runtime has knows it exactly. */
function isIpv6(text) {
    if (typeof text !== 'string' || !/^[0-9a-f:.]+$/i.test(text))
        return false;
    try {
        return new URL(`http://[${text}]`).hostname !== '';
    }
    catch {
        return false;
    }
}
/** An address of one family, or a prefix of it as address/length. */
function isPrefix(text, family) {
    const [, address, length = '0'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(String(text)) ?? [];
    return family === 'ipv4' ? (0, exports.isIpv4)(address) && Number(length) <= 32 : isIpv6(address) && Number(length) <= 128;
}
