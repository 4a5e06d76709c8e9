import { create } from "@bufbuild/protobuf";
import { GroupSchema } from "@millrace/proto/group";
import { GetGroupRequestSchema, GroupService } from "@millrace/proto/group-service";
import type { GatewayParts } from "../../gateway-parts.ts";
import { getGroup } from "../../handlers/groups/get-group.ts";
import { readQuery } from "../read-query.ts";
import type { GatewayRoute } from "../route-description.ts";
import { waitOf, waitParameter } from "../wait.ts";
import { groupAnswer } from "./group-answer.ts";

/** GET /v1/groups/{id}: sends the group at once, or, with a wait, when it has finished or the wait is over. */
export function getGroupRoute(parts: GatewayParts): GatewayRoute {
  const get = getGroup(parts);
  return {
    method: "GET",
    path: "/v1/groups/{id}",
    rpc: GroupService.method.getGroup,
    described: {
      query: { wait: waitParameter },
      headers: ["prefer"],
      answers: {
        200: {
          about: "The group.",
          message: GroupSchema,
          headers: ["preference-applied", "retry-after"],
        },
      },
      reasons: ["GROUP_NOT_FOUND", "TOO_MANY_STREAMS"],
    },
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
