"use strict";
// How a device is named, and what its names may look like. No message quotes a number or an address: errors are logged.
Object.defineProperty(exports, "__esModule", { value: true });
exports.checkedIdentifiers = checkedIdentifiers;
const addresses_js_1 = require("./addresses.js");
const errors_js_1 = require("./errors.js");
const KINDS = ['phoneNumber', 'ipv4Address', 'ipv6Address', 'networkAccessIdentifier'];
/** The identifiers as they are sent. @throws {QodArgumentError} */
function checkedIdentifiers(given) {
    const strange = Object.keys(given).find((name) => !KINDS.includes(name));
    if (strange !== undefined) {
        throw new errors_js_1.QodArgumentError(`${strange} does not identify a device here: use ${KINDS.join(', ')}`);
    }
    const { phoneNumber, ipv4Address, ipv6Address, networkAccessIdentifier } = given;
    const checked = {};
    if (networkAccessIdentifier !== undefined) {
        if (typeof networkAccessIdentifier !== 'string' || networkAccessIdentifier === '') {
            throw new errors_js_1.QodArgumentError('networkAccessIdentifier must be text such as device@testcsp.net');
        }
        checked.networkAccessIdentifier = networkAccessIdentifier;
    }
    if (phoneNumber !== undefined)
        checked.phoneNumber = e164(phoneNumber);
    if (ipv4Address !== undefined)
        checked.ipv4Address = checkedIpv4(ipv4Address);
    if (ipv6Address !== undefined) {
        if (!(0, addresses_js_1.isIpv6)(ipv6Address))
            throw new errors_js_1.QodArgumentError('ipv6Address must be one IPv6 address, without a prefix length');
        checked.ipv6Address = ipv6Address;
    }
    if (Object.keys(checked).length === 0) {
        throw new errors_js_1.QodArgumentError(`a device needs at least one of ${KINDS.join(', ')}; devices.fromToken() is for tokens that name it themselves`);
    }
    return checked;
}
function e164(phoneNumber) {
    if (!/^\+?[1-9]\d{4,14}$/.test(phoneNumber)) {
        throw new errors_js_1.QodArgumentError('phoneNumber must be 5 to 15 digits, the country code first: no spaces, no ()');
    }
    return phoneNumber.startsWith('+') ? phoneNumber : `+${phoneNumber}`;
}
function checkedIpv4({ publicAddress, privateAddress, publicPort }) {
    for (const [name, address] of Object.entries({ publicAddress, privateAddress })) {
        if (name === 'privateAddress' && address === undefined)
            continue;
        if (!(0, addresses_js_1.isIpv4)(address))
            throw new errors_js_1.QodArgumentError(`ipv4Address.${name} must be one IPv4 address`);
    }
    if (publicPort !== undefined && !isPort(publicPort)) {
        throw new errors_js_1.QodArgumentError('ipv4Address.publicPort must be a whole number from 1 to 65535');
    }
    if (privateAddress === undefined && publicPort === undefined) {
        throw new errors_js_1.QodArgumentError('ipv4Address.publicAddress alone names no device, because many share one behind NAT: ' +
            'give its publicPort or its privateAddress too (without NAT the private address is the same)');
    }
    return {
        publicAddress,
        ...(privateAddress !== undefined && { privateAddress }),
        ...(publicPort !== undefined && { publicPort }),
    };
}
const isPort = (port) => Number.isInteger(port) && port >= 1 && port <= 65535;
