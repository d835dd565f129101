"use strict";
// The three ways to say what a session is for, made one; and what of it goes on the wire.
Object.defineProperty(exports, "__esModule", { value: true });
exports.createOptions = createOptions;
exports.createBody = createBody;
const addresses_js_1 = require("./addresses.js");
const errors_js_1 = require("./errors.js");
/** One form for three. */
function createOptions(first, second, serviceIpv6, duration) {
    if (typeof first === 'object')
        return first;
    if (typeof second === 'object')
        return { ...second, profile: first };
    return { profile: first, serviceIpv4: second, serviceIpv6, duration };
}
/** The body of a create, but for device and duration. @throws {QodArgumentError} */
function createBody(options) {
    const { profile, devicePorts, duration, sink, sinkCredential } = options;
    checkProfile(profile);
    if (duration !== undefined && !(Number.isInteger(duration) && duration >= 1)) {
        throw new errors_js_1.QodArgumentError('duration must be a whole number of seconds, at least 1');
    }
    const server = serverOf(options);
    const body = {
        qosProfile: profile,
        applicationServer: server.applicationServer,
    };
    if (server.ports !== undefined)
        body.applicationServerPorts = onWire(server.ports);
    if (devicePorts !== undefined)
        body.devicePorts = onWire(devicePorts);
    if (sink !== undefined)
        body.sink = sink;
    if (sinkCredential !== undefined)
        body.sinkCredential = credentialOf(sinkCredential);
    return body;
}
function credentialOf(credential) {
    if (credential.credentialType !== 'ACCESSTOKEN')
        return credential;
    const expires = new Date(credential.accessTokenExpiresUtc);
    if (Number.isNaN(expires.getTime())) {
        throw new errors_js_1.QodArgumentError('sinkCredential.accessTokenExpiresUtc must be a Date, or text such as 2030-01-01T00:00:00Z');
    }
    return { ...credential, accessTokenExpiresUtc: expires.toISOString() };
}
function checkProfile(profile) {
    if (typeof profile !== 'string' || profile === '') {
        throw new errors_js_1.QodArgumentError('profile must be the name of a QoS profile, such as QOS_L');
    }
    if (withPort(profile, 'ipv4') !== undefined || withPort(profile, 'ipv6') !== undefined) {
        throw new errors_js_1.QodArgumentError(`${profile} is an address, and the profile belongs here: it comes first, as in QOS_L`);
    }
}
/** An address or prefix of one family, with or without a port; undefined if the text is none. */
function withPort(text, family) {
    if ((0, addresses_js_1.isPrefix)(text, family))
        return { address: text, port: undefined };
    const [, address = '', digits] = (family === 'ipv4' ? /^([^:]+):(\d{1,5})$/ : /^\[([^\]]+)\](?::(\d{1,5}))?$/).exec(text) ?? [];
    const port = digits === undefined ? undefined : Number(digits);
    if (port !== undefined && (port < 1 || port > 65535))
        return undefined;
    return (family === 'ipv4' ? addresses_js_1.isIpv4 : addresses_js_1.isIpv6)(address) ? { address, port } : undefined;
}
function serverOf({ serviceIpv4, serviceIpv6, serviceIpAddresses, servicePorts }) {
    if (serviceIpAddresses !== undefined) {
        if (serviceIpv4 !== undefined || serviceIpv6 !== undefined) {
            throw new errors_js_1.QodArgumentError('serviceIpAddresses is instead of serviceIpv4 and serviceIpv6');
        }
        return { applicationServer: { ipAddresses: [...serviceIpAddresses] }, ports: servicePorts };
    }
    const ipv4 = serverAddress('serviceIpv4', serviceIpv4, 'ipv4');
    const ipv6 = serverAddress('serviceIpv6', serviceIpv6, 'ipv6');
    if (ipv4 === undefined && ipv6 === undefined) {
        throw new errors_js_1.QodArgumentError('the server is missing: give serviceIpv4, serviceIpv6, both, or serviceIpAddresses');
    }
    const ports = [...new Set([ipv4?.port, ipv6?.port])].filter((port) => port !== undefined);
    if (ports.length > 0 && (servicePorts !== undefined || (ipv4 && ipv6 && ipv4.port !== ipv6.port))) {
        throw new errors_js_1.QodArgumentError('ports go for all addresses: say them once, in servicePorts');
    }
    return {
        applicationServer: {
            ...(ipv4 && { ipv4Address: ipv4.address }),
            ...(ipv6 && { ipv6Address: ipv6.address }),
        },
        ports: ports.length > 0 ? { ports } : servicePorts,
    };
}
function serverAddress(name, text, family) {
    if (text === undefined)
        return undefined;
    const address = withPort(String(text), family);
    if (address !== undefined)
        return address;
    const other = family === 'ipv4' ? 'ipv6' : 'ipv4';
    const hint = withPort(String(text), other) ? `: this one is for service${other === 'ipv4' ? 'Ipv4' : 'Ipv6'}` : '';
    const example = family === 'ipv4' ? '233.252.0.2, 233.252.0.2:443' : '2001:db8::1, [2001:db8::1]:443';
    throw new errors_js_1.QodArgumentError(`${name} must be an address of a server, such as ${example}, not a name${hint}`);
}
const onWire = ({ ports, ranges }) => ({
    ...(ports && { ports: [...ports] }),
    ...(ranges && { ranges: ranges.map(({ from, to }) => ({ from, to })) }),
});
