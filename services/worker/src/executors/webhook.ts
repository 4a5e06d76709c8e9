import type { DestinationPolicy } from "@millrace/destinations";
import {
  backoffMs,
  type Random,
  type RefusedWebhook,
  WEBHOOK_BACKOFFS_MS,
  type WebhookAnswer,
  type WebhookRequest,
} from "@millrace/shared";
import {
  attributeNames,
  describeSpan,
  inSpan,
  spanNames,
  type WorkerMetrics,
} from "@millrace/telemetry";
import {
  type AttemptContext,
  type Executor,
  JobFailure,
  NonRetryableError,
} from "@millrace/worker-sdk";
import { z } from "zod";
import { type PostAnswer, type PostParts, post } from "../webhooks/post.ts";
import { shownAnswer } from "../webhooks/shown-answer.ts";
import { isBusy, type Verdict, verdictOn, verdictOnError } from "../webhooks/verdict.ts";
import { parsePayload } from "./payload.ts";

const webhookRequest = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
}) satisfies z.ZodType<WebhookRequest>;

const refusedWebhook = z.object({
  refused: z.object({ reason: z.string(), message: z.string() }),
}) satisfies z.ZodType<RefusedWebhook>;

const webhookPayload = z.union([refusedWebhook, webhookRequest]);

export interface WebhookOptions extends PostParts {
  readonly policy: DestinationPolicy;
  readonly random: Random;
  readonly metrics: Pick<WorkerMetrics, "webhookRequestDuration">;
}

/** The outcomes that alerts read. Prometheus sees no increase in the first value of a series, so these exist at 0. */
const alertedOutcomes = ["unreachable", "timeout"];

/** A request that was made or refused. */
interface Tried {
  readonly verdict: Verdict;
  readonly answer?: PostAnswer;
  readonly latencyMs: number;
}

/**
 * Sends one webhook. The result is a WebhookAnswer, and so are the details of a failure. It runs in a worker, because
 * the scheduler calls nobody. The URL comes from a caller: texts, logs and traces name its host at most.
 */
export function webhookExecutor(options: WebhookOptions): Executor {
  const { policy, metrics } = options;
  for (const outcome of alertedOutcomes) metrics.webhookRequestDuration.zero({ outcome });
  return async (context) => {
    const payload = parsePayload(webhookPayload, context.payload);
    if ("refused" in payload) {
      throw new NonRetryableError(payload.refused.reason, payload.refused.message);
    }
    const checked = policy.checkUrl(payload.url);
    const url = checked.kind === "allowed" ? checked.url : undefined;
    const attributes = {
      [attributeNames.httpMethod]: "POST",
      ...(url === undefined ? {} : { [attributeNames.serverAddress]: url.hostname }),
    };
    const request = async (): Promise<WebhookAnswer> => {
      const tried =
        checked.kind === "refused"
          ? { verdict: refusal(checked.message), latencyMs: 0 }
          : await sendTo(checked.url, payload, context, options);
      const { verdict, answer, latencyMs } = tried;
      metrics.webhookRequestDuration.observe({
        ...{ labels: { outcome: verdict.outcome }, value: latencyMs / 1_000 },
      });
      if (answer !== undefined) describeSpan({ [attributeNames.httpStatus]: answer.status });
      const shown = shownAnswer(answer, latencyMs);
      if (verdict.kind === "delivered") return shown;
      const { reason } = verdict;
      context.log("info", "webhook failed", { host: url?.host, status: answer?.status, reason });
      throw failureOf(verdict, tried, shown, context, options.random);
    };
    return inSpan(spanNames.webhookRequest, { kind: "client", attributes }, request);
  };
}

async function sendTo(
  url: URL,
  { headers, body }: WebhookRequest,
  { signal }: AttemptContext,
  options: WebhookOptions,
): Promise<Tried> {
  const { clock } = options;
  const startMs = clock.nowMs();
  const tried = (verdict: Verdict) => ({ verdict, latencyMs: clock.nowMs() - startMs });
  try {
    const answer = await post({ url, headers, body, signal }, options);
    return { ...tried(verdictOn(answer, url.host, clock.nowMs())), answer };
  } catch (error) {
    signal.throwIfAborted();
    return tried(verdictOnError(error, url.host));
  }
}

const refusal = (message: string): Verdict => ({
  ...{ kind: "failed", outcome: "refused", retryable: true },
  ...{ reason: "WEBHOOK_DESTINATION_REFUSED", message },
});

/** The share of a backoff that jitter may take away, so that deliveries that failed together do not return together. */
const JITTER = 0.2;

function scheduledMs(attempt: number, random: Random): number {
  const wait = WEBHOOK_BACKOFFS_MS[attempt - 1] ?? Math.max(...WEBHOOK_BACKOFFS_MS);
  return backoffMs({ initialMs: wait, maxMs: wait, factor: 1, jitter: JITTER }, 1, random);
}

function failureOf(
  verdict: Extract<Verdict, { kind: "failed" }>,
  { answer }: Tried,
  details: WebhookAnswer,
  { attempt, pool: account }: AttemptContext,
  random: Random,
): JobFailure {
  const { reason, message, retryable, askedMs } = verdict;
  const httpStatus = answer?.status ?? 0;
  // A busy endpoint cools down for as long as it asks. Otherwise the wait is this delivery's alone.
  const retryAfterMs = isBusy(httpStatus) ? askedMs : scheduledMs(attempt, random);
  // What the courier does not send says nothing of the endpoint.
  const isSent = reason !== "WEBHOOK_DESTINATION_REFUSED";
  return new JobFailure(reason, message, retryable, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(isSent ? { provider: { account, httpStatus, quotaExhausted: false } } : {}),
    details,
  });
}
