"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.realTime = void 0;
exports.checkedMs = checkedMs;
const errors_js_1 = require("./errors.js");
/** The longest that timers can wait at once: some 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** @throws {QodArgumentError} no timer can wait for that long; Infinity is for those that never go off */
function checkedMs(name, ms) {
    if (typeof ms === 'number' && ms >= 1 && (ms <= MAX_TIMER_MS || ms === Infinity))
        return ms;
    throw new errors_js_1.QodArgumentError(`${name} must be a number of milliseconds from 1 to ${MAX_TIMER_MS}, or Infinity`);
}
exports.realTime = {
    now: () => Date.now(),
    sleep: (ms, signal, idle = false) => new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const onAbort = () => {
            clearTimeout(timer);
            reject(signal?.reason);
        };
        const timer = setTimeout(() => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
        }, Math.min(ms, MAX_TIMER_MS));
        // Node's timers are objects; elsewhere they are numbers, and keep nothing alive.
        if (idle)
            timer.unref?.();
        signal?.addEventListener('abort', onAbort, { once: true });
    }),
};
