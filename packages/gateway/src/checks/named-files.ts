import { readProfiles } from '../config/profiles-file.js'
import type { Config } from '../config/schema.js'
import { readCertificates, readNamedFile } from '../config/tls-files.js'
import { type Finding, ok } from './finding.js'

/** Whether the files that settings name can be used. @throws {ConfigError} one cannot be used */
export function checkNamedFiles({ sinks, dashboard, profiles }: Config): Finding {
  if (sinks.ca !== undefined) readCertificates('sinks.ca', sinks.ca)
  const { clientSecretFile } = dashboard.oidc
  if (clientSecretFile !== undefined) readNamedFile('dashboard.oidc.clientSecretFile', clientSecretFile)
  if (profiles.seed !== undefined) readProfiles(profiles.seed)
  return ok('files', 'all files named in the settings are readable')
}
