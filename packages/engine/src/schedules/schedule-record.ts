import type { JobId, ScheduleId } from "@millrace/shared";
import type { Failure } from "../jobs/contract.ts";
import { parseJson } from "../jobs/parse-json.ts";
import { asHash, asList, asText } from "../redis/reply.ts";
import { F } from "../redis/stored-names.ts";
import type { OverlapPolicy, ScheduleRecord } from "./contract.ts";

/** Reads a schedule's hash. `unfinished` are the ULIDs of its jobs that have not ended. Undefined if there is no such schedule. */
export function scheduleRecord(
  id: ScheduleId,
  reply: unknown,
  unfinished: unknown,
): ScheduleRecord | undefined {
  const stored = asHash(reply);
  if (stored[F.schedule_revision] === undefined) return undefined;
  const jobOf = (ulid: string) => `${id.slice(0, id.lastIndexOf("~") + 1)}${ulid}` as JobId;
  const text = (field: string) => (stored[field] === "" ? undefined : stored[field]);
  const time = (field: string) => {
    const value = text(field);
    return value === undefined ? undefined : Number(value);
  };
  const count = (field: string) => Number(stored[field] ?? 0);
  const lastJob = text(F.schedule_last_job);
  return {
    id,
    revision: count(F.schedule_revision),
    overlap: (text(F.schedule_overlap) ?? "skip") as OverlapPolicy,
    details: stored[F.schedule_details] ?? "",
    timedFromMs: count(F.schedule_timed_from_ms),
    createdAtMs: count(F.schedule_created_ms),
    updatedAtMs: count(F.schedule_updated_ms),
    paused: stored[F.schedule_paused] === "1",
    note: stored[F.schedule_note] ?? "",
    unfinished: asList(unfinished).map((ulid) => jobOf(asText(ulid))),
    made: count(F.schedule_made),
    skipped: count(F.schedule_skipped),
    missed: count(F.schedule_missed),
    ...optional("dueMs", time(F.schedule_due_ms)),
    ...optional("bufferedMs", time(F.schedule_buffered_ms)),
    ...optional("lastDueMs", time(F.schedule_last_due_ms)),
    ...optional("lastJobId", lastJob === undefined ? undefined : jobOf(lastJob)),
    ...optional("failure", parseJson<Failure>(text(F.schedule_failure))),
  };
}

const optional = <Name extends string, Value>(name: Name, value: Value | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { readonly [K in Name]?: Value };
