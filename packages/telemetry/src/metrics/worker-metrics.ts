import { metricNames } from "../names.ts";
import { ATTEMPT_SECONDS, byType, type MetricKinds, TOKENS_PER_SECOND } from "./kinds.ts";

/** What a call of a model is counted by. The account is the pool of its job. */
const byModel = ["provider", "model", "account"] as const;

export const workerMetrics = ({ counter, gauge, histogram }: MetricKinds) => ({
  workerSlots: gauge(metricNames.workerSlots, "Slots of this worker, by use.", ["serves", "use"]),
  workerAttempts: counter(
    metricNames.workerAttempts,
    "Attempts that ended in this worker, by outcome.",
    [...byType, "outcome"],
  ),
  providerCallDuration: histogram(
    metricNames.providerCallDuration,
    "How long calls of a model took, by outcome.",
    [...byModel, "outcome"],
    ATTEMPT_SECONDS,
  ),
  webhookRequestDuration: histogram(
    metricNames.webhookRequestDuration,
    "How long webhook requests took until their answer was read, by outcome.",
    ["outcome"],
    ATTEMPT_SECONDS,
  ),
  providerFirstToken: histogram(
    metricNames.providerFirstToken,
    "How long calls of a model took until the first text of the answer arrived.",
    [...byModel],
    ATTEMPT_SECONDS,
  ),
  providerTokensPerSecond: histogram(
    metricNames.providerTokensPerSecond,
    "Output tokens per second of an answer, from its first text to its end.",
    [...byModel],
    TOKENS_PER_SECOND,
  ),
  providerTokens: counter(metricNames.providerTokens, "Tokens of calls of a model, by direction.", [
    ...byModel,
    "direction",
  ]),
});
