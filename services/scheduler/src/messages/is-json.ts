/** Whether a text is JSON: callers, workers and plain BullMQ programs parse what workers send. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a text is a JSON object. */
export function isJsonObject(text: string): boolean {
  return /^\s*\{/.test(text) && isJson(text);
}
