/** What is changed by operators and recorded with what it was before. */
export const RECORDED = ['profile', 'limits'] as const

/** `socket`: whoever can open the admin socket. `stranger`: somebody who has not signed in. */
export const ACTOR_KINDS = ['user', 'socket', 'stranger'] as const
export type ActorKind = (typeof ACTOR_KINDS)[number]
