import { create } from "@bufbuild/protobuf";
import { documentsIn, estimatedTokens } from "@millrace/job-types";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";
import { type CallHeaders, timestampOf } from "@millrace/runtime";
import { limits } from "@millrace/shared";
import type { ModelPlace } from "./model-places.ts";
import { isObject, type JsonObject, type ModelCall, malformed } from "./read-call.ts";

/** OpenAI's service tiers as priorities: the interactive, the standard and the batch band. */
const priorityOfTier = new Map<unknown, number>([
  ["priority", 10],
  ["flex", 75],
]);
export const BATCH_PRIORITY = 75;
/** OpenAI's windows for background work, as deadlines in milliseconds. "soonest" has none. */
const windows = new Map<unknown, number>([
  ["2h", 7_200_000],
  ["8h", 28_800_000],
]);

const LABEL_NAME = /^[a-zA-Z][a-zA-Z0-9_.-]{0,62}$/;
const LABEL_CHARS = 255;
/** Labels that Millrace sets itself begin with it. */
export const OWN_LABEL = "openai.";
/** What of a call's metadata is an option of its job, and no label. */
const METADATA_OPTION = "millrace_";

const metadataOf = ({ metadata }: JsonObject): JsonObject => (isObject(metadata) ? metadata : {});

/** Reads an option of the job from its header, or else from the metadata: X-Millrace-Priority, or millrace_priority. */
export function optionOf(name: string, headers: CallHeaders, body: JsonObject): string | undefined {
  const metadata = metadataOf(body);
  const inMetadata = metadata[METADATA_OPTION + name.replaceAll("-", "_")];
  return (
    headers.get(`x-millrace-${name}`) ?? (typeof inMetadata === "string" ? inMetadata : undefined)
  );
}

export function priorityOf(text: string | undefined, body: JsonObject): number | undefined {
  if (text !== undefined) {
    const { min, max } = limits.priority;
    const priority = /^\d{1,3}$/.test(text) ? Number(text) : 0;
    if (priority >= min && priority <= max) return priority;
    throw malformed("X-Millrace-Priority", `must be a whole number from ${min} to ${max}`);
  }
  if (isObject(body.background_options) && windowOf(body) !== undefined) return BATCH_PRIORITY;
  return priorityOfTier.get(body.service_tier);
}

const windowOf = ({ background_options: options }: JsonObject): number | undefined =>
  isObject(options) ? windows.get(options.completion_window) : undefined;

/** A time such as 2027-01-31T12:00:00Z, or a number of seconds from now. */
export function deadlineOf(text: string | undefined, body: JsonObject, nowMs: number) {
  if (text === undefined) {
    const windowMs = windowOf(body);
    return windowMs === undefined ? undefined : timestampOf(nowMs + windowMs);
  }
  if (/^\d{1,9}$/.test(text)) return timestampOf(nowMs + Number(text) * 1_000);
  const ms = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms)) return timestampOf(ms);
  const form = "must be a time such as 2027-01-31T12:00:00Z, or a number of seconds from now";
  throw malformed("X-Millrace-Deadline", form);
}

/** The largest cost of a job in US dollars, with at most 6 decimals, as micro-dollars. */
export function maxCostOf(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const [, whole, fraction = ""] = /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text) ?? [];
  if (whole !== undefined) return BigInt(whole + fraction.padEnd(6, "0"));
  throw malformed(
    "X-Millrace-Max-Cost",
    "must be US dollars with at most 6 decimals, such as 0.25",
  );
}

/** Reads `name=value` pairs, separated by commas. Values are percent-encoded where they hold a comma. */
function labelsOfHeader(text: string | undefined): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const pair of (text ?? "").split(",").map((part) => part.trim())) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const name = pair.slice(0, Math.max(at, 0)).trim();
    if (!LABEL_NAME.test(name)) {
      throw malformed("X-Millrace-Labels", "must be pairs such as team=search,env=production");
    }
    try {
      labels[name] = decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      throw malformed("X-Millrace-Labels", `the value of ${name} is not percent-encoded correctly`);
    }
  }
  return labels;
}

/** The labels of a job: those of Millrace, then of the header, then the metadata that labels can hold, as long as there is room. */
export function labelsOf(
  own: Record<string, string>,
  header: string | undefined,
  metadata: JsonObject,
) {
  const labels = { ...own, ...labelsOfHeader(header) };
  for (const [name, value] of Object.entries(metadata)) {
    if (Object.keys(labels).length >= limits.labelsPerJob) break;
    if (typeof value !== "string" || value.length > LABEL_CHARS || Object.hasOwn(labels, name))
      continue;
    if (!LABEL_NAME.test(name) || name.startsWith(METADATA_OPTION)) continue;
    if (!name.startsWith(OWN_LABEL)) labels[name] = value;
  }
  return labels;
}

export interface JobOfCall {
  readonly type: "chat.completions" | "responses" | "embeddings";
  readonly call: ModelCall;
  readonly headers: CallHeaders;
  readonly place: ModelPlace;
  readonly nowMs: number;
  /** Labels of Millrace's own. */
  readonly labels?: Record<string, string>;
}

/** The job of a call: its payload is the body, and its options come from headers, metadata and OpenAI's own fields. */
export function jobOfCall({ type, call, headers, place, nowMs, labels = {} }: JobOfCall): JobSpec {
  const { body, text } = call;
  const priority = priorityOf(optionOf("priority", headers, body), body);
  const deadline = deadlineOf(optionOf("deadline", headers, body), body, nowMs);
  const maxCostMicros = maxCostOf(optionOf("max-cost", headers, body));
  const key = optionOf("idempotency-key", headers, body) ?? headers.get("idempotency-key");
  return create(JobSpecSchema, {
    ...place,
    type,
    payload: { case: "payloadJson", value: text },
    documentIds: [...documentsIn(body)],
    labels: labelsOf(labels, headers.get("x-millrace-labels"), metadataOf(body)),
    idempotencyKey: /^"(.*)"$/.exec(key ?? "")?.[1] ?? key ?? "",
    estimatedTokens: estimatedTokens(body, Buffer.byteLength(text)),
    ...(priority === undefined ? {} : { priority }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(maxCostMicros === undefined ? {} : { maxCostMicros }),
  });
}
