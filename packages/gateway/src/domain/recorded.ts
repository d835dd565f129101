/** What is changed by operators and recorded with what it was before. */
export const RECORDED = ['profile', 'limits'] as const
