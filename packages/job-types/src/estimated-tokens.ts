/** In English and code, a token has about four bytes of text. */
const BYTES_PER_TOKEN = 4;
const MOST_TOKENS = 1_000_000;

/** The tokens of a relayed call: those of its text, and the longest answer. 0 if the call does not limit its answer. */
export function estimatedTokens(body: Readonly<Record<string, unknown>>, bytes: number): number {
  const most = body.max_completion_tokens ?? body.max_output_tokens ?? body.max_tokens;
  if (typeof most !== "number" || !Number.isInteger(most) || most < 1 || most > MOST_TOKENS)
    return 0;
  return Math.ceil(bytes / BYTES_PER_TOKEN) + most;
}
