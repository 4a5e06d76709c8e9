import { create } from "@bufbuild/protobuf";
import {
  type BatchPayload,
  batchEndpoints,
  batchPayload,
  isBatchEndpoint,
} from "@millrace/job-types";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";
import { CallbackSchema } from "@millrace/proto/webhook-endpoint";
import { type CallHeaders, issueWords, timeMs, timestampOf } from "@millrace/runtime";
import { BATCH_TYPE } from "@millrace/shared";
import { z } from "zod";
import {
  BATCH_PRIORITY,
  deadlineOf,
  labelsOf,
  OWN_LABEL,
  optionOf,
  priorityOf,
} from "../jobs/job-options.ts";
import { isObject, type JsonObject, malformed } from "../jobs/read-call.ts";

/** Says of a job that it is a batch, or a line of one. */
const BATCH_LABEL = `${OWN_LABEL}batch`;
const HOUR_MS = 3_600_000;
const MOST_HOURS = 168;
/** How long the job may go on after the end of its lines, to write their files. */
const WRITING_MS = 24 * HOUR_MS;
/** Writing may meet a full store of documents, or schedulers that are away. */
const ATTEMPTS = 25;
/** A job's payload has the names of models only if they surely fit into it. */
const MOST_NAME_BYTES = 100_000;
const METADATA = { pairs: 16, nameChars: 64, valueChars: 512 };

function windowMsOf(text: unknown): number {
  const hours = typeof text === "string" ? Number(/^(\d{1,3})h$/.exec(text)?.[1] ?? 0) : 0;
  if (hours >= 1 && hours <= MOST_HOURS) return hours * HOUR_MS;
  throw malformed("completion_window", `must be 24h, or another time from 1h to ${MOST_HOURS}h`);
}

function metadataOf(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  const pairs = isObject(value) ? Object.entries(value) : undefined;
  const { pairs: most, nameChars, valueChars } = METADATA;
  const isRight = pairs?.every(
    ([name, text]) =>
      name.length <= nameChars && typeof text === "string" && text.length <= valueChars,
  );
  if (pairs !== undefined && isRight === true && pairs.length <= most) {
    return Object.fromEntries(pairs) as Record<string, string>;
  }
  const form = `must be an object of at most ${most} texts, with names of at most ${nameChars} and values of at most ${valueChars} characters`;
  throw malformed("metadata", form);
}

/** The names that lines may give as their model. Undefined: each model is passed on, or is checked when its line is added. */
function modelsOf(names: readonly string[]): readonly string[] | undefined {
  if (names.length === 0 || Buffer.byteLength(names.join()) > MOST_NAME_BYTES) return undefined;
  return names;
}

export interface HowBatch {
  readonly headers: CallHeaders;
  readonly queue: string;
  /** The names of the catalogue. */
  readonly models: readonly string[];
  readonly nowMs: number;
}

function payloadOf(body: JsonObject, { headers, models, nowMs }: HowBatch): BatchPayload {
  const { endpoint, completion_window: window, output_expires_after: expires } = body;
  if (!isBatchEndpoint(endpoint)) {
    throw malformed("endpoint", `must be one of ${Object.keys(batchEndpoints).join(", ")}`);
  }
  const metadata = metadataOf(body.metadata);
  const windowMs = windowMsOf(window);
  const text = optionOf("deadline", headers, body);
  const deadline = deadlineOf(text, {}, nowMs);
  const endMs = deadline === undefined ? Number.POSITIVE_INFINITY : timeMs(deadline);
  if (endMs <= nowMs) throw malformed("X-Millrace-Deadline", "must be in the future");
  const isDuration = /^\d+$/.test(text ?? "");
  const names = modelsOf(models);
  const parsed = batchPayload.safeParse(
    {
      ...{ input_file_id: body.input_file_id, endpoint, completion_window: window, metadata },
      expires_after_ms: isDuration ? Math.min(windowMs, endMs - nowMs) : windowMs,
      ...(deadline === undefined || isDuration ? {} : { expires_at_ms: endMs }),
      priority: priorityOf(optionOf("priority", headers, body), {}) ?? BATCH_PRIORITY,
      ...(names === undefined ? {} : { models: names }),
      ...(expires === undefined || expires === null ? {} : { output_expires_after: expires }),
    },
    { error: issueWords },
  );
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(z.core.toDotPath(issue?.path ?? []), issue?.message ?? "is wrong");
}

/** Where the end of a batch is to be sent, if its caller says so. */
const callbackOf = (url: string | undefined) =>
  url === undefined ? {} : { callback: create(CallbackSchema, { url, eventTypes: ["batch.*"] }) };

/** The job that a batch is. It does not check that the caller has the file. Throws MALFORMED. */
export function jobOfBatch(
  body: JsonObject,
  how: HowBatch,
): { readonly spec: JobSpec; readonly payload: BatchPayload } {
  const { headers, queue, nowMs } = how;
  if (optionOf("max-cost", headers, body) !== undefined) {
    throw malformed("X-Millrace-Max-Cost", "is for single calls: a batch has no quote");
  }
  const payload = payloadOf(body, how);
  const { metadata = {}, expires_after_ms: afterMs } = payload;
  const key = optionOf("idempotency-key", headers, body) ?? headers.get("idempotency-key");
  const spec = create(JobSpecSchema, {
    ...{ queue, type: BATCH_TYPE },
    payload: { case: "payloadJson", value: JSON.stringify(payload) },
    documentIds: [payload.input_file_id],
    labels: labelsOf({ [BATCH_LABEL]: "true" }, headers.get("x-millrace-labels"), metadata),
    idempotencyKey: /^"(.*)"$/.exec(key ?? "")?.[1] ?? key ?? "",
    deadline: timestampOf(nowMs + afterMs + WRITING_MS),
    retry: { maxAttempts: ATTEMPTS },
    ...callbackOf(optionOf("callback", headers, body)),
  });
  return { spec, payload };
}
