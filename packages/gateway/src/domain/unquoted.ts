// Error messages of parsers and databases without the quoted input, which may be a phone number, a token or a password.

/** What JSON.parse of any version of V8 quotes. */
const NOT_JSON = /(?:Unexpected token .{0,4}?, )?(?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON/su
const UNEXPECTED_TOKEN = /^Unexpected token .{1,4}? in JSON/su

/** Data exceptions quote the value (PostgreSQL, appendix A, class 22). Names of constraints are quoted by other classes. */
const DATA_EXCEPTION = /^22[0-9A-Z]{3}$/

/** The message of an error without the input that it quotes. */
export function unquoted(error: Error): string {
  const { message } = error
  if (error instanceof SyntaxError || error.name === 'SyntaxError') {
    return message.replace(NOT_JSON, 'it is not valid JSON').replace(UNEXPECTED_TOKEN, 'Unexpected token in JSON')
  }
  const { code } = error as { readonly code?: unknown }
  if (typeof code === 'string' && DATA_EXCEPTION.test(code)) return message.replace(/".*"/s, '"…"')
  return message
}
