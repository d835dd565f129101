import { readProfiles } from '../config/profiles-file.js'
import { type Config, isBehindApi } from '../config/schema.js'
import { readApiFiles, readCallbackTls, readCertificates, readNamedFile } from '../config/tls-files.js'
import { type Finding, ok } from './finding.js'

/** Whether the files that settings name can be used. @throws {ConfigError} one cannot be used */
export function checkNamedFiles({ sinks, dashboard, profiles, networks, callbacks }: Config): Finding {
  if (sinks.ca !== undefined) readCertificates('sinks.ca', sinks.ca)
  const { clientSecretFile } = dashboard.oidc
  if (clientSecretFile !== undefined) readNamedFile('dashboard.oidc.clientSecretFile', clientSecretFile)
  if (profiles.seed !== undefined) readProfiles(profiles.seed)
  readCallbackTls(callbacks)
  for (const network of networks) if (isBehindApi(network)) readApiFiles(network)
  return ok('files', 'all files named in the settings are readable')
}
