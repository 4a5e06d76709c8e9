import { create } from "@bufbuild/protobuf";
import { GroupSchema } from "@millrace/proto/group";
import { CloseGroupRequestSchema, GroupService } from "@millrace/proto/group-service";
import type { GatewayParts } from "../../gateway-parts.ts";
import { closeGroup } from "../../handlers/groups/close-group.ts";
import { readQuery } from "../read-query.ts";
import type { GatewayRoute } from "../route-description.ts";
import { groupAnswer } from "./group-answer.ts";

/** POST /v1/groups/{id}:close: says that no more jobs will join. */
export function closeGroupRoute(parts: GatewayParts): GatewayRoute {
  const close = closeGroup(parts);
  return {
    method: "POST",
    path: "/v1/groups/{id}:close",
    rpc: GroupService.method.closeGroup,
    described: {
      answers: { 200: { about: "The group.", message: GroupSchema, headers: ["retry-after"] } },
      reasons: ["GROUP_NOT_FOUND"],
    },
    async handle({ params, query }, context) {
      readQuery(query, {});
      const request = create(CloseGroupRequestSchema, { groupId: params.id ?? "" });
      return groupAnswer(await close(request, context), { status: 200 });
    },
  };
}
