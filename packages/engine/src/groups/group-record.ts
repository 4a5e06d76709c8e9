import type { GroupId, JobId, JobState } from "@millrace/shared";
import type { Failure } from "../jobs/contract.ts";
import { parseJson } from "../jobs/parse-json.ts";
import { asHash, asList, asNumber, asText } from "../redis/reply.ts";
import { F } from "../redis/stored-names.ts";
import type { GroupChild, GroupChildren, GroupRecord, GroupRule, GroupState } from "./contract.ts";

const ruleOf = (text: string | undefined): GroupRule =>
  text === "all" || text === "any" ? text : Number(text);

/** Reads a group's hash. Undefined if there is no such group. */
export function groupRecord(id: GroupId, reply: unknown): GroupRecord | undefined {
  const stored = asHash(reply);
  const state = stored[F.group_state];
  if (state === undefined) return undefined;
  const count = (field: string) => Number(stored[field] ?? 0);
  const text = (field: string) => (stored[field] === "" ? undefined : stored[field]);
  const waiter = text(F.group_waiter) as JobId | undefined;
  const isFanOut = stored[F.group_kind] === "fan_out";
  return {
    id,
    state: state as GroupState,
    rule: ruleOf(stored[F.group_rule]),
    maxInFlight: count(F.group_max_in_flight),
    keepSiblings: stored[F.group_keep_siblings] === "1",
    total: count(F.group_total),
    succeeded: count(F.group_succeeded),
    failed: count(F.group_failed),
    cancelled: count(F.group_cancelled),
    expired: count(F.group_expired),
    removed: count(F.group_removed),
    inFlight: count(F.group_in_flight),
    createdAtMs: count(F.group_created_ms),
    deadlineMs: count(F.group_deadline_ms),
    ...optional("finishedAtMs", numberOf(text(F.group_finished_ms))),
    ...optional(isFanOut ? "parentId" : "finalizerId", waiter),
    ...optional("cancelReason", text(F.group_cancel_reason)),
    ...optional("details", text(F.group_details)),
  };
}

const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

const optional = <Name extends string, Value>(name: Name, value: Value | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { readonly [K in Name]?: Value };

const ENTRY = /^(\S+) (\w+) ?(.*)$/s;

/** Reads the entry of a child; jobs/lib/group_counts.lua describes it. */
function childOf(groupId: GroupId, index: number, entry: string): GroupChild {
  const [, mark = "", ulid = "", body = ""] = ENTRY.exec(entry) ?? [];
  const jobId = `${groupId.slice(0, groupId.lastIndexOf("~") + 1)}${ulid}` as JobId;
  const child = { index, jobId };
  if (!/^[A-Z]+$/.test(mark)) return { ...child, state: "UNFINISHED" };
  const state = mark as JobState | "REMOVED";
  if (body === "") return { ...child, state };
  if (state === "SUCCEEDED") return { ...child, state, resultJson: body };
  return { ...child, state, ...optional("failure", parseJson<Failure>(body)) };
}

/** Reads the reply of read_children: the group, whether more follow, and the entries. */
export function groupChildren(reply: unknown): GroupChildren {
  const [groupId, hash, more, ...entries] = asList(reply);
  const id = asText(groupId) as GroupId;
  const group = groupRecord(id, hash);
  if (group === undefined) throw new Error(`read_children returned no group for ${id}`);
  const children = entries.map((one) => {
    const [index, entry] = asList(one);
    return childOf(id, asNumber(index), asText(entry));
  });
  return { group, children, more: asNumber(more) === 1 };
}
