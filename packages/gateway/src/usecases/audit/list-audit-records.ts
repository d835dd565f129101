import type { AuditRecord } from '../../ports/store/audit.js'
import type { Deps } from '../deps.js'

/** Records of the audit log, newest first. @param before the last id seen. Default: from the newest */
export const listAuditRecords = (
  { store }: Pick<Deps, 'store'>,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<readonly AuditRecord[]> => store.audit.list(before, limit)
