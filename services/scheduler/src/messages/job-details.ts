/**
 * A job's details: the fields that travel unchanged from a job's caller to its worker and its readers. Nothing on the way
 * decides by them, so the engine keeps them as one text. A new field of JobSpec is a detail until it is named here.
 */
import {
  create,
  type DescMessage,
  fromJson,
  isFieldSet,
  type JsonObject,
  type MessageShape,
  toJson,
  toJsonString,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";
import { jsonText, type ScheduleId } from "@millrace/shared";

/** The fields that become the engine's own, because it decides or searches by them. */
const decided: ReadonlySet<string> = new Set([
  ...["queue", "type", "payload_struct", "payload_json", "priority", "idempotency_key", "pool"],
  ...["estimated_tokens", "run_at", "expires_at", "deadline", "retry", "labels", "traceparent"],
  ...["deduplication", "group_id", "model"],
]);

const carried = JobSpecSchema.fields.filter(({ name }) => !decided.has(name));

/** The run of a schedule that a job is. Its worker and its readers learn of it; no caller can claim it. */
export interface DetailsOfRun {
  readonly scheduleId: ScheduleId;
  readonly dueMs: number;
}

/** Writes a job's details as the engine keeps them, in proto3 JSON; undefined if there are none. */
export function detailsOf(spec: JobSpec, run?: DetailsOfRun): string | undefined {
  const isEmpty = !carried.some((field) => isFieldSet(spec, field));
  if (isEmpty && run === undefined) return undefined;
  const details = create(JobSpecSchema);
  const from = reflect(JobSpecSchema, spec);
  const to = reflect(JobSpecSchema, details);
  for (const field of carried) if (from.isSet(field)) to.set(field, from.get(field));
  if (run === undefined) return toJsonString(JobSpecSchema, details);
  const of = { scheduleId: run.scheduleId, scheduleDueTime: new Date(run.dueMs).toISOString() };
  return jsonText({ ...(toJson(JobSpecSchema, details) as JsonObject), ...of });
}

type Carried<Desc extends DescMessage> = Partial<
  Omit<MessageShape<Desc>, "$typeName" | "$unknown">
>;

/** Reads a job's details into those fields that a message has of them. */
export function fromDetails<Desc extends DescMessage>(
  schema: Desc,
  details: string | undefined,
): Carried<Desc> {
  if (details === undefined) return {};
  const json = JSON.parse(details) as JsonObject;
  const shared = schema.fields.filter(({ jsonName }) => jsonName in json);
  const own = Object.fromEntries(shared.map(({ jsonName }) => [jsonName, json[jsonName] ?? null]));
  // A newer scheduler may have written fields inside these that this one does not know.
  const values = fromJson(schema, own, { ignoreUnknownFields: true }) as unknown as Readonly<
    Record<string, unknown>
  >;
  return Object.fromEntries(
    shared.map(({ localName }) => [localName, values[localName]]),
  ) as Carried<Desc>;
}
