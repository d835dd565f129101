"use strict";
// Server-sent events (HTML standard, section 9.2.6), as far as they are sent here: an id, and data.
Object.defineProperty(exports, "__esModule", { value: true });
exports.serverSentEvents = serverSentEvents;
const errors_js_1 = require("./errors.js");
const time_js_1 = require("./time.js");
/** A gateway sends a comment every 15 s: one that is silent for that long is gone. */
const SILENCE_MS = 45_000;
/** @throws {QodConnectionError} the stream broke off, or went silent */
async function* serverSentEvents(stream) {
    const reader = stream.getReader();
    const decoder = new TextDecoder();
    let id;
    let data = [];
    let rest = '';
    try {
        for (;;) {
            const { done, value } = await heard(reader);
            if (done)
                return;
            // A chunk may end between the two characters of a line's end: what is not a whole line yet waits.
            const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/);
            rest = lines.pop();
            for (const line of lines) {
                const [, field, text] = /^([^:]*):? ?(.*)$/.exec(line);
                if (line === '') {
                    if (data.length > 0)
                        yield { id, data: data.join('\n') };
                    data = [];
                }
                else if (field === 'id')
                    id = text;
                else if (field === 'data')
                    data.push(text);
            }
        }
    }
    finally {
        // Whoever reads no further lets go of the connection too.
        await reader.cancel().catch(() => undefined);
    }
}
async function heard(reader) {
    const answered = new AbortController();
    const silence = time_js_1.realTime.sleep(SILENCE_MS, answered.signal, true).then(() => {
        throw new Error(`nothing was heard for ${SILENCE_MS} ms`);
    });
    // It loses the race each time that something is heard.
    silence.catch(() => undefined);
    try {
        return await Promise.race([reader.read(), silence]);
    }
    catch (error) {
        throw new errors_js_1.QodConnectionError('the stream of events broke off', 'CONNECTION_LOST', 'none', undefined, error);
    }
    finally {
        answered.abort();
    }
}
