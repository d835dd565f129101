/** What can happen to what is held. Each door has its own words for it. */
export const EVENTS = [
  /** The resources are there: SUCCESSFUL_RESOURCES_ALLOCATION. */
  'allocated',
  /** They could not be had: FAILED_RESOURCES_ALLOCATION. */
  'failed',
  /** The bearer or QoS flow is gone. */
  'lost',
  /** The radio no longer keeps what was promised (QOS_NOT_GUARANTEED, QOS_NOTIF) ... */
  'not-guaranteed',
  /** ... and does again. */
  'guaranteed',
  /** The core ended it. */
  'terminated',
] as const
export type CoreEvent = (typeof EVENTS)[number]
