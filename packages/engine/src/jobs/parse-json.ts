/** Parses JSON. Returns undefined if the text is not a JSON object, which means that another program wrote it. */
export function parseJson<T extends object>(text: string | null | undefined): T | undefined {
  // Most jobs have not failed. Parsing an empty text would create an error and its stack in each read of a job.
  if (text === null || text === undefined || text === "") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
