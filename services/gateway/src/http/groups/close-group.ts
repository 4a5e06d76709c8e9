import { create } from "@bufbuild/protobuf";
import { CloseGroupRequestSchema, GroupService } from "@millrace/proto/group-service";
import type { HttpRoute } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { closeGroup } from "../../handlers/groups/close-group.ts";
import { readQuery } from "../read-query.ts";
import { groupAnswer } from "./group-answer.ts";

/** POST /v1/groups/{id}:close: says that no more jobs will join. */
export function closeGroupRoute(parts: GatewayParts): HttpRoute<Caller> {
  const close = closeGroup(parts);
  return {
    method: "POST",
    path: "/v1/groups/{id}:close",
    rpc: GroupService.method.closeGroup,
    async handle({ params, query }, context) {
      readQuery(query, {});
      const request = create(CloseGroupRequestSchema, { groupId: params.id ?? "" });
      return groupAnswer(await close(request, context), { status: 200 });
    },
  };
}
