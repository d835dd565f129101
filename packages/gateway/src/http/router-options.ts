/** How paths are told apart, by every router of ours. */
export const ROUTER_OPTIONS = { ignoreTrailingSlash: true, maxParamLength: 2_048 } as const
