/** The members of a JSON object; none where the text is something else. */
export declare function membersOf(text: string): Readonly<Record<string, unknown>>;
