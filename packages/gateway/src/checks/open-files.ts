import { connectionsWithin, openFilesLimit } from '../observability/open-files.js'
import { type Finding, ok, warning } from './finding.js'

const CHECK = 'open files'
/** Below this limit only a few hundred idle connections fit. */
const FEW = 1_024

export function checkOpenFiles(limit = openFilesLimit()): Finding {
  if (limit === undefined) return ok(CHECK, 'without a limit')
  const says = `limit ${limit}: enough for ${connectionsWithin(limit)} connections of clients`
  return limit < FEW
    ? warning(CHECK, says, 'raise the limit: `ulimit -n 65536`, or LimitNOFILE= in the unit')
    : ok(CHECK, says)
}
