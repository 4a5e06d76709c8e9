import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { AttemptRecord, JobRecord } from "@millrace/engine";
import { JobSpecSchema } from "@millrace/proto/job";
import {
  type WebhookAttemptSchema,
  type WebhookDeliverySchema,
  WebhookDeliveryState,
} from "@millrace/proto/webhook-endpoint";
import { timestampOf } from "@millrace/runtime";
import type { JobState, StoredDelivery, WebhookAnswer } from "@millrace/shared";
import { deliveryLabels } from "../webhooks/delivery-job.ts";
import { fromDetails } from "./job-details.ts";

/** The job states of each state of a delivery. */
export const jobStatesOf: Readonly<Record<DeliveryState, readonly JobState[]>> = {
  PENDING: ["QUEUED", "SCHEDULED", "RUNNING", "WAITING"],
  DELIVERED: ["SUCCEEDED"],
  FAILED: ["FAILED", "EXPIRED"],
  CANCELLED: ["CANCELLED"],
};

type DeliveryState = Exclude<keyof typeof WebhookDeliveryState, "UNSPECIFIED">;

/**
 * A delivery's job as its owner sees it. The body is left out if the job was read without its payload. `endpointUrl` is
 * undefined if the endpoint was deleted, and for a callback.
 */
export function webhookDeliveryMessage(
  job: JobRecord,
  endpointUrl: string | undefined,
): MessageInitShape<typeof WebhookDeliverySchema> {
  const { labels, nextRunAtMs } = job;
  return {
    id: job.id,
    endpointId: labels[deliveryLabels.endpointId] ?? "",
    eventId: labels[deliveryLabels.eventId] ?? "",
    eventType: labels[deliveryLabels.eventType] ?? "",
    url: withoutQuery(endpointUrl ?? fromDetails(JobSpecSchema, job.details).callback?.url ?? ""),
    subjectId: labels[deliveryLabels.subjectId] ?? "",
    state: WebhookDeliveryState[deliveryStateOf(job.state)],
    createTime: timestampOf(job.submittedAtMs),
    ...(nextRunAtMs === undefined ? {} : { nextAttemptTime: timestampOf(nextRunAtMs) }),
    attempts: [...(job.attempts ?? []).map(failedAttempt), ...lastAttempt(job)],
    bodyJson: job.payloadJson === "" ? "" : (JSON.parse(job.payloadJson) as StoredDelivery).body,
  };
}

export const deliveryStateOf = (state: JobState): DeliveryState =>
  (Object.keys(jobStatesOf) as DeliveryState[]).find((one) => jobStatesOf[one].includes(state)) ??
  "PENDING";

type Attempt = MessageInitShape<typeof WebhookAttemptSchema>;

const failedAttempt = ({ attempt, startedAtMs, failure }: AttemptRecord): Attempt => ({
  attempt,
  ...(startedAtMs === undefined ? {} : { startTime: timestampOf(startedAtMs) }),
  ...answerOf(failure.detailsJson),
  failure: failure.message,
  reason: failure.reason,
});

/** The attempt that succeeded. */
function lastAttempt({ state, attempt, startedAtMs, resultJson }: JobRecord): Attempt[] {
  if (state !== "SUCCEEDED") return [];
  const start = startedAtMs === undefined ? {} : { startTime: timestampOf(startedAtMs) };
  return [{ attempt, ...start, ...answerOf(resultJson) }];
}

/** What a courier reported: `WebhookAnswer`. An attempt that reached no receiver has none. */
function answerOf(json: string | undefined): Attempt {
  if (json === undefined || json === "") return {};
  const { status = 0, latency_ms: latencyMs, answer = "" } = JSON.parse(json) as WebhookAnswer;
  return { status, answer, latency: durationFromMs(latencyMs) };
}

/** A query may hold a token. */
const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, "");
