/** Events of a held resource. Each API has its own names for them. */
export const EVENTS = [
  /** Resources were allocated: SUCCESSFUL_RESOURCES_ALLOCATION. */
  'allocated',
  /** Resources could not be allocated: FAILED_RESOURCES_ALLOCATION. */
  'failed',
  /** The bearer or QoS flow was lost. */
  'lost',
  /** The radio no longer meets the guarantee (QOS_NOT_GUARANTEED, QOS_NOTIF) ... */
  'not-guaranteed',
  /** ... and meets it again. */
  'guaranteed',
  /** The core ended it. */
  'terminated',
] as const
export type CoreEvent = (typeof EVENTS)[number]
