import type { GroupId } from "@millrace/shared";
import type { LeaseRef } from "../leases/contract.ts";
import { defineScript } from "../redis/define-script.ts";
import { asList } from "../redis/reply.ts";
import type { ChildrenRead } from "./contract.ts";
import { groupChildren } from "./group-record.ts";

/** About how many bytes of results one page has. */
const PAGE_BYTES = 1024 * 1024;

export interface ReadChildrenRequest {
  readonly afterIndex: number;
  readonly limit: number;
  /** The group, or the lease of the job that waited for it and the number of its fan-out; 0: the group that it finalizes. */
  readonly of: { readonly id: GroupId } | { readonly lease: LeaseRef; readonly ordinal: number };
}

export const readChildren = defineScript<ReadChildrenRequest, ChildrenRead>(import.meta.url, {
  name: "read_children",
  argv: ["after_index", "limit", "most_bytes", "id", "lease_job", "token", "ordinal"],
  encode: ({ afterIndex, limit, of }) => [
    ...[afterIndex, limit, PAGE_BYTES],
    ...("id" in of ? [of.id, "", "", 0] : ["", of.lease.jobId, of.lease.token, of.ordinal]),
  ],
  decode(reply) {
    const [word] = asList(reply);
    if (word === "LEASE_LOST") return { kind: "leaseLost" };
    if (word === "NOT_FOUND") return { kind: "notFound" };
    return { kind: "read", ...groupChildren(reply) };
  },
});
