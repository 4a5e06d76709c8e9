import type { GroupId, JobId, KeyId } from "@millrace/shared";
import { jobRecord } from "../jobs/job-record.ts";
import { F } from "../redis/stored-names.ts";
import type { OutboxEntry } from "./contract.ts";

/** Reads an entry of an outbox, as jobs/lib/outbox_entries.lua writes it. A field that cannot be read counts as absent. */
export function outboxEntry(
  entryId: string,
  stored: Readonly<Record<string, string>>,
): OutboxEntry {
  const text = (field: string): string => stored[field] ?? "";
  const given = <Name extends string>(name: Name, field: string) =>
    (text(field) === "" ? {} : { [name]: text(field) }) as { readonly [K in Name]?: string };
  const eventType = text(F.outbox_event);
  const parts = {
    entryId,
    keyId: text(F.outbox_key) as KeyId,
    eventType,
    token: text(F.outbox_token),
    endedMs: numberOf(text(F.outbox_ended_ms)),
    hasCallback: text(F.outbox_callback) === "1",
    bytes: numberOf(text(F.outbox_bytes)),
    ...(text(F.outbox_aside_ms) === "" ? {} : { asideMs: numberOf(text(F.outbox_aside_ms)) }),
  };
  if (eventType.startsWith("group.")) {
    const counts = text(F.outbox_counts).split(" ").map(numberOf);
    const [total = 0, succeeded = 0, failed = 0, cancelled = 0, expired = 0, removed = 0] = counts;
    return {
      ...parts,
      kind: "group",
      subjectId: text(F.outbox_subject) as GroupId,
      ...{ total, succeeded, failed, cancelled, expired, removed },
      ...given("details", F.outbox_spec),
      ...(given("finalizerId", F.outbox_waiter) as { readonly finalizerId?: JobId }),
    };
  }
  const subjectId = text(F.outbox_subject) as JobId;
  const { labels, details } = jobRecord(subjectId, "QUEUED", { [F.spec]: text(F.outbox_spec) });
  return {
    ...parts,
    kind: "job",
    subjectId,
    type: text(F.outbox_type),
    labels,
    attempt: numberOf(text(F.outbox_attempts)),
    ...given(eventType === "job.succeeded" ? "resultJson" : "failureJson", F.outbox_body),
    ...(given("groupId", F.outbox_group) as { readonly groupId?: GroupId }),
    ...(details === undefined ? {} : { details }),
  };
}

function numberOf(text: string): number {
  const number = Number(text);
  return Number.isFinite(number) ? number : 0;
}
