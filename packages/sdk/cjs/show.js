"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.showAs = showAs;
/**
 * What `console.log` prints of the instances of a class, in Node, Bun and Deno: what is given here, and so never a key,
 * a client or personal data. `JSON.stringify` gives the same.
 */
function showAs(type, label, view) {
    const define = (name, value) => Object.defineProperty(type.prototype, name, { value, configurable: true, writable: true });
    define('toJSON', function () {
        return view(this);
    });
    define(Symbol.for('nodejs.util.inspect.custom'), function (_depth, options, inspect) {
        return `${label} ${inspect(view(this), options)}`;
    });
    define(Symbol.for('Deno.customInspect'), function (inspect, options) {
        return `${label} ${inspect(view(this), options)}`;
    });
}
