/** Jobs as they are submitted, with every field set, and where each field is found in a stored job. */

import { isDeepStrictEqual } from "node:util";
import type { DescField } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import {
  type Duration,
  durationFromMs,
  durationMs,
  type Timestamp,
  timestampFromMs,
  timestampMs,
} from "@bufbuild/protobuf/wkt";
import type { Callback } from "@millrace/client";
import type { JobRecord } from "@millrace/engine";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";
import { systemClock as clock, queueOf } from "@millrace/shared";
import { filled } from "./fill.ts";
import { messageIn, pathOf } from "./paths.ts";
import type { World } from "./world.ts";

const HOUR_MS = 3_600_000;
let made = 0;

const hex = (length: number) => String(made).padStart(length, "a");

/** The model of the catalogue that jobs of these tests name. Its route is on the account of their pool. */
export const FIELDS_MODEL = "fields-model";
/** Micro-dollars per million tokens. */
export const FIELDS_PRICE = {
  ...{ inputMicros: 2_000_000n, cachedInputMicros: 1_000_000n, outputMicros: 3_000_000n },
};
/** What the provider of that account calls it. */
export const PROVIDER_MODEL = "the provider's name";

export interface SpecChoice {
  readonly queue: string;
  readonly type: string;
  readonly pool: string;
  readonly documentIds: readonly string[];
  readonly payload?: "payload_struct" | "payload_json";
  readonly deduplication?: "throttle" | "debounce";
  /** A group of the queue, which the job joins. */
  readonly groupId?: string;
  /** A job names a pool or a model. Default: the pool. */
  readonly needs?: "pool" | "model";
  /** Fields to leave unset, because they would keep the job from running. */
  readonly skip?: readonly string[];
}

/** Makes a job with all fields. Of a oneof, only the chosen members are set. */
export function filledSpec(choice: SpecChoice): JobSpec {
  made += 1;
  const { payload = "payload_json", deduplication = "throttle", skip = [] } = choice;
  const { needs = "pool" } = choice;
  const content = { text: `payload ${made}`, nested: { number: made, list: [true, null] } };
  const others = [
    payload === "payload_json" ? "payload_struct" : "payload_json",
    `deduplication.${deduplication === "throttle" ? "debounce" : "throttle"}`,
    ...(choice.groupId === undefined ? ["group_id"] : []),
    needs === "pool" ? "model" : "pool",
    // Conditions of a submission are not stored.
    ...["max_cost_micros", "refuse_late"],
  ];
  return filled(JobSpecSchema, {
    skip: [...others, ...skip],
    set: {
      queue: choice.queue,
      type: choice.type,
      pool: choice.pool,
      model: FIELDS_MODEL,
      document_ids: choice.documentIds,
      group_id: choice.groupId,
      priority: 11 + (made % 80),
      payload_json: JSON.stringify(content),
      payload_struct: content,
      "retry.initial_backoff": durationFromMs(HOUR_MS + made * 1_000),
      "retry.max_backoff": durationFromMs(2 * HOUR_MS + made * 1_000),
      "deduplication.throttle": durationFromMs(3 * HOUR_MS + made * 1_000),
      "deduplication.debounce": durationFromMs(4 * HOUR_MS + made * 1_000),
      "retry.max_attempts": 3 + (made % 20),
      "callback.url": `https://example.com/callback/${made}`,
      "callback.event_types": ["job.failed", "job.expired"],
      run_at: timestampFromMs(
        Math.ceil(clock.nowMs() / 1_000) * 1_000 + 24 * HOUR_MS + made * 1_000,
      ),
      traceparent: `00-${hex(32)}-${hex(16)}-01`,
      tracestate: `vendor=${made}`,
    },
  });
}

/** A field that the engine keeps without reading it. */
const detail = ({ details }: JobRecord, name: string): unknown =>
  (JSON.parse(details ?? "{}") as Record<string, unknown>)[name];

const callbackOf = (stored: JobRecord) => detail(stored, "callback") as Callback | undefined;

/** Where each field of a submitted job is found in the stored job. A new field needs an entry too. */
const seenIn: Readonly<Record<string, (stored: JobRecord) => unknown>> = {
  queue: ({ id }) => queueOf(id),
  type: ({ type }) => type,
  payload_struct: ({ payloadJson }) => JSON.parse(payloadJson),
  payload_json: ({ payloadJson }) => payloadJson,
  document_ids: (stored) => detail(stored, "documentIds"),
  priority: ({ priority }) => priority,
  idempotency_key: ({ idempotencyKey }) => idempotencyKey,
  pool: ({ pool }) => pool,
  model: ({ model }) => model,
  estimated_tokens: ({ estimatedTokens }) => estimatedTokens,
  run_at: ({ runAtMs }) => runAtMs,
  expires_at: ({ expiresAtMs }) => expiresAtMs,
  deadline: ({ deadlineMs }) => deadlineMs,
  "retry.max_attempts": ({ maxAttempts }) => maxAttempts,
  "retry.initial_backoff": ({ backoff }) => backoff.initialMs,
  "retry.max_backoff": ({ backoff }) => backoff.maxMs,
  labels: ({ labels }) => labels,
  traceparent: ({ traceparent }) => traceparent,
  tracestate: (stored) => detail(stored, "tracestate"),
  group_id: ({ group }) => group?.id,
  "callback.url": (stored) => callbackOf(stored)?.url,
  "callback.event_types": (stored) => callbackOf(stored)?.eventTypes,
  // It also decides what the engine records.
  "callback.include_result": (stored) =>
    stored.callback === "result" && callbackOf(stored)?.includeResult,
  "deduplication.key": ({ deduplication }) => deduplication?.key,
  "deduplication.throttle": ({ deduplication: by }) => by?.mode === "throttle" && by.windowMs,
  "deduplication.debounce": ({ deduplication: by }) => by?.mode === "debounce" && by.windowMs,
};

/**
 * Proves on a way, whose spec is at `prefix`, that all of `spec` was stored as `jobId`, except the fields in
 * `unsent`.
 */
export async function proveSpec(
  world: World,
  way: string,
  { spec, jobId, prefix, unsent = [] }: ProvedSpec,
): Promise<void> {
  const stored = await world.stored(jobId);
  const paths = setValues(spec, unsent).map(({ path, value }) => {
    const seen = seenIn[path];
    if (seen === undefined) throw new Error(`JobSpec.${path}: add to seenIn where it is stored`);
    const found = seen(stored);
    if (!isDeepStrictEqual(found, value)) {
      throw new Error(
        `${way}: ${path} was sent as ${JSON.stringify(value)} and is stored as ${JSON.stringify(found)}`,
      );
    }
    return prefix === "" ? path : `${prefix}.${path}`;
  });
  world.ledger.prove(way, ...paths);
}

export interface ProvedSpec {
  readonly spec: JobSpec;
  readonly jobId: string;
  readonly prefix: string;
  readonly unsent?: readonly string[];
}

function setValues(spec: JobSpec, unsent: readonly string[]) {
  const values: { path: string; value: unknown }[] = [];
  const walk = (message: ReturnType<typeof reflect>, prefix: string) => {
    for (const field of message.fields) {
      if (!message.isSet(field)) continue;
      const path = pathOf(prefix, field);
      if (unsent.includes(path)) continue;
      if (messageIn(field) === undefined) values.push({ path, value: plainOf(field, message) });
      else walk(message.get(field) as never, path);
    }
  };
  walk(reflect(JobSpecSchema, spec), "");
  return values;
}

/** Converts times and durations to milliseconds. Lists and maps stay as they are. */
function plainOf(field: DescField, message: ReturnType<typeof reflect>): unknown {
  const { message: raw } = message as unknown as { message: Record<string, unknown> };
  const held = field.oneof === undefined ? undefined : raw[field.oneof.localName];
  const value = (held as { value?: unknown } | undefined)?.value ?? raw[field.localName];
  const type = field.fieldKind === "message" ? field.message.typeName : "";
  if (type === "google.protobuf.Timestamp") return timestampMs(value as Timestamp);
  if (type === "google.protobuf.Duration") return durationMs(value as Duration);
  return value;
}
