/** Matching of paths, for all of our routers. */
export const ROUTER_OPTIONS = { ignoreTrailingSlash: true, maxParamLength: 2_048 } as const
