/**
 * A job's details: the fields that travel unchanged from a job's caller to its worker and its readers. Nothing on the way
 * decides by them, so the engine keeps them as one text. A new field of JobSpec is a detail until it is named here.
 */
import {
  create,
  type DescMessage,
  fromJsonString,
  isFieldSet,
  type MessageShape,
  toJsonString,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";

/** The fields that become the engine's own, because it decides or searches by them. */
const decided: ReadonlySet<string> = new Set([
  ...["queue", "type", "payload_struct", "payload_json", "priority", "idempotency_key", "pool"],
  ...["estimated_tokens", "run_at", "expires_at", "deadline", "retry", "labels", "traceparent"],
  ...["deduplication", "group_id"],
]);

const carried = JobSpecSchema.fields.filter(({ name }) => !decided.has(name));

/** Writes a job's details as the engine keeps them, in proto3 JSON; undefined if there are none. */
export function detailsOf(spec: JobSpec): string | undefined {
  if (!carried.some((field) => isFieldSet(spec, field))) return undefined;
  const details = create(JobSpecSchema);
  const from = reflect(JobSpecSchema, spec);
  const to = reflect(JobSpecSchema, details);
  for (const field of carried) if (from.isSet(field)) to.set(field, from.get(field));
  return toJsonString(JobSpecSchema, details);
}

type Carried<Desc extends DescMessage> = Partial<
  Omit<MessageShape<Desc>, "$typeName" | "$unknown">
>;

/** Reads a job's details into those fields that a message shares with JobSpec. */
export function fromDetails<Desc extends DescMessage>(
  schema: Desc,
  details: string | undefined,
): Carried<Desc> {
  if (details === undefined) return {};
  const spec = fromJsonString(JobSpecSchema, details, { ignoreUnknownFields: true });
  const values = spec as unknown as Readonly<Record<string, unknown>>;
  const shared = carried.filter(({ name, localName }) =>
    schema.fields.some((field) => field.name === name && field.localName === localName),
  );
  return Object.fromEntries(
    shared.map(({ localName }) => [localName, values[localName]]),
  ) as Carried<Desc>;
}
