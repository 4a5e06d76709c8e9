import { create } from "@bufbuild/protobuf";
import { GetGroupRequestSchema, GroupService } from "@millrace/proto/group-service";
import type { HttpRoute } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { getGroup } from "../../handlers/groups/get-group.ts";
import { readQuery } from "../read-query.ts";
import { waitOf, waitParameter } from "../wait.ts";
import { groupAnswer } from "./group-answer.ts";

/** GET /v1/groups/{id}: sends the group at once, or, with a wait, when it has finished or the wait is over. */
export function getGroupRoute(parts: GatewayParts): HttpRoute<Caller> {
  const get = getGroup(parts);
  return {
    method: "GET",
    path: "/v1/groups/{id}",
    rpc: GroupService.method.getGroup,
    async handle({ params, query, headers }, context) {
      const { wait, headers: applied } = waitOf(
        readQuery(query, { wait: waitParameter }).wait,
        headers,
      );
      const request = create(GetGroupRequestSchema, { groupId: params.id ?? "", wait });
      return groupAnswer(await get(request, context), { status: 200, headers: applied });
    },
  };
}
