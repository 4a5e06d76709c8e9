import type { GroupId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { unexpectedReply } from "../redis/reply.ts";

export interface WithdrawGroupRequest {
  readonly id: GroupId;
}

const outcomes = { WITHDRAWN: "withdrawn", HAS_CHILDREN: "hasChildren", KEPT: "kept" } as const;

export const withdrawGroup = defineScript<
  WithdrawGroupRequest,
  (typeof outcomes)[keyof typeof outcomes]
>(import.meta.url, {
  name: "withdraw_group",
  argv: ["id"],
  encode: ({ id }) => [id],
  decode: (reply) =>
    outcomes[reply as keyof typeof outcomes] ?? unexpectedReply("withdraw_group", reply),
});
