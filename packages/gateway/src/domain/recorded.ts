/** Settings whose changes by operators are recorded with the previous value. */
export const RECORDED = ['profile', 'limits'] as const

/** `socket`: a caller on the admin socket. `stranger`: a caller who is not signed in. */
export const ACTOR_KINDS = ['user', 'socket', 'stranger'] as const
export type ActorKind = (typeof ACTOR_KINDS)[number]
