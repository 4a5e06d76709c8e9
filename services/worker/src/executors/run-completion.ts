import { inSpan, spanNames } from "@millrace/telemetry";
import { type ExecutionContext, JobFailure } from "@millrace/worker-sdk";
import { type CompletionRequest, type Provider, ProviderFault } from "../providers/provider.ts";

/**
 * Reads a whole answer, hands each piece to `piece`, and counts what it cost to the attempt, also if
 * it fails. A provider's refusal becomes a JobFailure that tells the scheduler about its limits.
 */
export async function runCompletion(
  context: ExecutionContext,
  provider: Provider,
  request: Omit<CompletionRequest, "signal"> & { readonly signal?: AbortSignal },
  piece: (text: string) => Promise<void>,
): Promise<string> {
  const completion = provider.complete({ signal: context.signal, ...request });
  const read = async () => {
    let answer = "";
    for await (const text of completion.text) {
      answer += text;
      await piece(text);
    }
    return answer;
  };
  try {
    return await inSpan(spanNames.providerCall, {}, read);
  } catch (error) {
    if (!(error instanceof ProviderFault)) throw error;
    const { retryable, retryAfterMs, httpStatus, quotaExhausted, rateLimitHeaders } = error.details;
    throw new JobFailure("PROVIDER_ERROR", error.message, retryable, {
      cause: error,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...([429, 503, 529].includes(httpStatus) || quotaExhausted
        ? { provider: { account: context.pool, httpStatus, quotaExhausted, rateLimitHeaders } }
        : {}),
    });
  } finally {
    context.addUsage(completion.usage());
  }
}
