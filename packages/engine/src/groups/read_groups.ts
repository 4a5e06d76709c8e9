import type { GroupId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList } from "../redis/reply.ts";
import type { GroupRecord } from "./contract.ts";
import { groupRecord } from "./group-record.ts";

export const readGroups = defineScript<
  { readonly ids: readonly GroupId[] },
  readonly (GroupRecord | undefined)[]
>(import.meta.url, {
  name: "read_groups",
  argv: [],
  perItem: ["id"],
  encode: ({ ids }) => [...ids],
  decode: (reply, { ids }) =>
    asList(reply).map((hash, index) => groupRecord(ids[index] as GroupId, hash)),
});
