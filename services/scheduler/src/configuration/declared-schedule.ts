import { create } from "@bufbuild/protobuf";
import type { ApiKeyRecord, ScheduleRecord } from "@millrace/engine";
import { type DeclaredSchedule, DeclaredScheduleSchema } from "@millrace/proto/admin-service";
import type { ScheduleSpec } from "@millrace/proto/schedule";
import { RpcFault } from "@millrace/runtime";
import { isKeyId, isQueueName, type ScheduleId, scheduleIdOf } from "@millrace/shared";
import { readableSpec, sameSpec } from "../messages/schedule-spec.ts";
import type { RecordChange } from "../operators/record-change.ts";
import {
  checkSchedule,
  replaceSchedule,
  type StoreScheduleParts,
} from "../schedules/store-schedule.ts";
import type { Operator } from "../tokens/operator-tokens.ts";
import type { Step } from "./step.ts";

/** Stores a schedule that a configuration declares. */
export type PutSchedule = (schedule: DeclaredSchedule, by: Operator) => Promise<void>;

/** Creates a schedule of a key, or replaces its spec. */
export const putDeclaredSchedule =
  (parts: StoreScheduleParts, record: RecordChange): PutSchedule =>
  async (schedule, by) => {
    const { keyId, spec } = schedule;
    if (!isKeyId(keyId) || spec === undefined) throw new Error("a declared schedule has no spec");
    const change = {
      ...{ by, action: "PutSchedule", subject: declaredId(schedule) ?? spec.name },
      ...{ schema: DeclaredScheduleSchema, request: create(DeclaredScheduleSchema, schedule) },
    };
    await record(change, () => replaceSchedule(parts, keyId, spec));
  };

/** The id of a declared schedule. Undefined if its job has no valid queue. */
export function declaredId({ keyId, spec }: DeclaredSchedule): ScheduleId | undefined {
  const queue = spec?.job?.queue ?? "";
  if (spec === undefined || !isKeyId(keyId) || !isQueueName(queue)) return undefined;
  return scheduleIdOf(queue, keyId, spec.name);
}

export interface KnownToSchedules {
  readonly stored: ScheduleRecord | undefined;
  readonly key: ApiKeyRecord | undefined;
  /** Keys and queues that the same configuration declares. */
  readonly keyIds: ReadonlySet<string>;
  readonly queues: ReadonlySet<string>;
  /** Names and aliases of models. */
  readonly models: ReadonlySet<string>;
}

/** Decides on a schedule. A declaration replaces the whole spec; a paused schedule stays paused. */
export function declaredSchedule(
  schedule: DeclaredSchedule,
  path: string,
  known: KnownToSchedules,
  put: PutSchedule,
  by: Operator,
  nowMs: number,
): Step {
  const { keyId, spec } = schedule;
  if (spec === undefined) throw new Error("validation accepted a schedule without a spec");
  const wrong = wrongOf(spec, nowMs);
  if (!Array.isArray(wrong)) {
    const { field, description } = wrong;
    return { kind: "wrong", field: `${path}.spec.${field}`, description };
  }
  if (known.key === undefined && !known.keyIds.has(keyId)) {
    const description = `there is no API key ${keyId}: declare it in api_keys, or create it first`;
    return { kind: "wrong", field: `${path}.key_id`, description };
  }
  const queue = spec.job?.queue ?? "";
  if (!known.queues.has(queue)) {
    const description = `there is no queue ${queue}: declare it in queues, or create it first`;
    return { kind: "wrong", field: `${path}.spec.job.queue`, description };
  }
  const model = spec.job?.model ?? "";
  if (model !== "" && !known.models.has(model)) {
    const description = `there is no model ${model}: declare it in models, or create it first`;
    return { kind: "wrong", field: `${path}.spec.job.model`, description };
  }
  const notes = [
    ...wrong.map((warning) => `schedule ${spec.name}: ${warning}`),
    ...(known.key?.revokedMs === undefined
      ? []
      : [`API key ${keyId} is revoked for good: its schedule ${spec.name} is never due`]),
  ];
  const note = notes.length === 0 ? {} : { note: notes.join("; ") };
  if (known.stored !== undefined && sameSpec(readableSpec(known.stored.details), spec)) {
    return { kind: "none", ...note };
  }
  const make = () => put(schedule, by);
  const subject = declaredId(schedule) ?? spec.name;
  return { kind: "change", action: "PutSchedule", subject, make, ...note };
}

/** The warnings about a spec, or its first fault. */
function wrongOf(spec: ScheduleSpec, nowMs: number) {
  try {
    return [...checkSchedule(spec, nowMs)];
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    const [first] = error.violations;
    return first ?? { field: "job", description: error.message };
  }
}
