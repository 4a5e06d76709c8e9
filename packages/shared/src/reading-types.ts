/** The job types of the shipped worker that read the text of their documents. Their documents must be of a type that can be read. */
export const readingTypes: ReadonlySet<string> = new Set(["summarize"]);
