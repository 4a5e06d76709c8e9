import { createHash } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { GroupRuleSchema } from "@millrace/proto/group";
import type { JobSpecSchema } from "@millrace/proto/job";
import { jsonText, limits } from "@millrace/shared";
import { NonRetryableError } from "../job-failure.ts";
import type { ChildJob, FanOutManyOptions, FanOutOptions } from "./contract.ts";

type Child = MessageInitShape<typeof JobSpecSchema> & { readonly labels: Record<string, string> };

/** The children and options of a fan-out, as the scheduler takes them. */
export interface Plan {
  readonly children: readonly PlannedChild[];
  readonly rule: MessageInitShape<typeof GroupRuleSchema>;
  readonly maxInFlight: number;
  readonly keepSiblings: boolean;
  /** The same for the same children and options. The trace context does not count, because each run has another. */
  readonly sha256: Uint8Array;
}

export interface PlannedChild {
  readonly spec: Child;
  readonly payloadJson: string;
}

/** Throws NonRetryableError with the index of a child whose payload cannot be sent. The scheduler checks the rest. */
export function planOf(jobs: readonly ChildJob[], options: FanOutOptions): Plan {
  const { rule = "all", maxInFlight = 0, keepSiblings = false } = options;
  const { traceparent = "", tracestate = "" } = options;
  const hash = createHash("sha256");
  hash.update(JSON.stringify([rule, maxInFlight, keepSiblings]));
  const children = jobs.map((job, at) => {
    const child = plannedChild(job, at + 1, { traceparent, tracestate });
    hash.update(`\n${JSON.stringify([...partsOf(job), child.payloadJson])}`);
    return child;
  });
  const sha256 = hash.digest();
  return { children, rule: ruleMessage(rule), maxInFlight, keepSiblings, sha256 };
}

/** A plan whose children are made later, one by one. */
export function namedPlan({ plan, ...options }: FanOutManyOptions): Plan {
  const sha256 = createHash("sha256").update(planOf([], options).sha256).update(plan).digest();
  return { ...planOf([], options), sha256 };
}

/** One child. Throws NonRetryableError with its index if its payload cannot be sent. */
export function plannedChild(
  job: ChildJob,
  index: number,
  { traceparent = "", tracestate = "" }: Pick<FanOutOptions, "traceparent" | "tracestate">,
): PlannedChild {
  const payloadJson = payloadOf(job, index);
  return { payloadJson, spec: { ...specOf(job, payloadJson, index), traceparent, tracestate } };
}

/** What a child is besides its payload, in a fixed order. */
const partsOf = (job: ChildJob): unknown[] => [
  job.type,
  job.priority ?? null,
  job.pool ?? "",
  job.documentIds ?? [],
  job.estimatedTokens ?? 0,
  job.maxAttempts ?? 0,
  Object.entries(job.labels ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)),
  job.expiresAtMs ?? null,
  job.deadlineMs ?? null,
  // Plans without models have the hashes that they had before there were models.
  ...(job.model === undefined ? [] : [job.model]),
];

function payloadOf({ payload = {} }: ChildJob, index: number): string {
  let json: string | undefined;
  try {
    json = jsonText(payload);
  } catch (cause) {
    throw malformed(index, `its payload is not JSON: ${String(cause)}`, cause);
  }
  if (json === undefined) throw malformed(index, `its payload is a ${typeof payload}`);
  if (Buffer.byteLength(json) <= limits.payloadBytes) return json;
  throw new NonRetryableError(
    "TOO_LARGE",
    `Child ${index}: its payload is larger than ${limits.payloadBytes} bytes.`,
  );
}

const malformed = (index: number, what: string, cause?: unknown) =>
  new NonRetryableError("MALFORMED", `Child ${index}: ${what}.`, { cause });

const specOf = (job: ChildJob, payloadJson: string, index: number): Child => ({
  type: job.type,
  payload: { case: "payloadJson", value: payloadJson },
  ...(job.priority === undefined ? {} : { priority: job.priority }),
  pool: job.pool ?? "",
  model: job.model ?? "",
  documentIds: [...(job.documentIds ?? [])],
  estimatedTokens: job.estimatedTokens ?? 0,
  ...(job.maxAttempts === undefined ? {} : { retry: { maxAttempts: job.maxAttempts } }),
  labels: { ...job.labels },
  ...(job.expiresAtMs === undefined ? {} : { expiresAt: timeOf(job.expiresAtMs, index) }),
  ...(job.deadlineMs === undefined ? {} : { deadline: timeOf(job.deadlineMs, index) }),
});

function timeOf(ms: number, index: number): Timestamp {
  if (!Number.isFinite(ms)) throw malformed(index, `the time ${ms} is no time`);
  return timestampFromMs(Math.round(ms));
}

function ruleMessage(
  rule: NonNullable<FanOutOptions["rule"]>,
): MessageInitShape<typeof GroupRuleSchema> {
  if (rule === "all") return {};
  return rule === "any"
    ? { rule: { case: "any", value: true } }
    : { rule: { case: "atLeastPercent", value: rule } };
}
