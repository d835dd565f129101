/** The observations of `program` in every runtime. */
export const SEEN = {
  status: 'AVAILABLE',
  conflict: 'CONFLICT',
  change: 'UNAVAILABLE',
  left: 0,
  limit: 'TIMEOUT',
  abort: 'enough',
  oauth: 10,
  event: 'AVAILABLE',
}
