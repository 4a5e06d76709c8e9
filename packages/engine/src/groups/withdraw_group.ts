import type { GroupId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { unexpectedReply } from "../redis/reply.ts";

export interface WithdrawGroupRequest {
  readonly id: GroupId;
}

export type Withdrawal = "withdrawn" | "hasChildren" | "kept";

export const withdrawGroup = defineScript<WithdrawGroupRequest, Withdrawal>(import.meta.url, {
  name: "withdraw_group",
  argv: ["id"],
  encode: ({ id }) => [id],
  decode(reply) {
    switch (reply) {
      case "WITHDRAWN":
        return "withdrawn";
      case "HAS_CHILDREN":
        return "hasChildren";
      case "KEPT":
        return "kept";
      default:
        return unexpectedReply("withdraw_group", reply);
    }
  },
});
