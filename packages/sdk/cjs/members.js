"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.membersOf = membersOf;
/** The members of a JSON object; none where the text is something else. */
function membersOf(text) {
    try {
        return Object(JSON.parse(text));
    }
    catch {
        return {};
    }
}
