"use strict";
// What can go wrong, by whose answer it was: the endpoint said no, nobody answered, or the call itself cannot be meant.
Object.defineProperty(exports, "__esModule", { value: true });
exports.isGone = exports.QodClearError = exports.QodEventError = exports.QodArgumentError = exports.QodConnectionError = exports.QodApiError = exports.QodError = void 0;
/** All errors of this package. */
class QodError extends Error {
}
exports.QodError = QodError;
/**
 * The endpoint said no. `code` is for programs, `message` for people.
 *
 * An answer that is none of CAMARA's (a proxy's page, say) has the code `HTTP_` and its status.
 */
class QodApiError extends QodError {
    name = 'QodApiError';
    /** `unknown` after a 5xx that may have come after the change: a proxy's 502 or 504, say. */
    outcome = 'none';
    constructor({ message, ...details }) {
        super(message);
        Object.assign(this, details);
    }
}
exports.QodApiError = QodApiError;
/** Nobody answered, not in time, or not in a way that can be understood. `cause` is what the runtime said. */
class QodConnectionError extends QodError {
    name = 'QodConnectionError';
    code;
    outcome;
    /** The `x-correlator` that was sent, if one was. */
    correlator;
    constructor(message, code, outcome, correlator, cause) {
        super(message, { cause });
        this.code = code;
        this.outcome = outcome;
        this.correlator = correlator;
    }
}
exports.QodConnectionError = QodConnectionError;
/** The call cannot be meant so: nothing was sent. The message says what is wrong, and what is allowed. */
class QodArgumentError extends QodError {
    name = 'QodArgumentError';
}
exports.QodArgumentError = QodArgumentError;
/** Something that came to a sink is not an event of a session, or not from who may send one. */
class QodEventError extends QodError {
    name = 'QodEventError';
    /** HTTP status to answer the sender with: 400, 401 or 413. */
    status;
    constructor(status, message) {
        super(message);
        this.status = status;
    }
}
exports.QodEventError = QodEventError;
/** Some of a device's sessions could not be deleted; the others were. */
class QodClearError extends QodError {
    name = 'QodClearError';
    failures;
    constructor(failures, of) {
        super(`${failures.length} of ${of} sessions could not be deleted: ${failures.map(describeFailure).join('; ')}`);
        this.failures = failures;
    }
}
exports.QodClearError = QodClearError;
const describeFailure = ({ sessionId, error }) => `${sessionId}: ${error instanceof Error ? error.message : String(error)}`;
/** The endpoint knows no such thing (any more). */
const isGone = (error) => error instanceof QodApiError && error.status === 404;
exports.isGone = isGone;
