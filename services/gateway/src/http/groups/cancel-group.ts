import { create } from "@bufbuild/protobuf";
import { GroupSchema } from "@millrace/proto/group";
import { CancelGroupRequestSchema, GroupService } from "@millrace/proto/group-service";
import { assertValid } from "@millrace/runtime";
import { z } from "zod";
import { assertOwnGroup } from "../../callers/own-group.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { cancelGroup } from "../../handlers/groups/cancel-group.ts";
import { readQuery } from "../read-query.ts";
import type { GatewayRoute } from "../route-description.ts";
import { groupAnswer } from "./group-answer.ts";

const parameters = { reason: z.string().default("") };

/** Cancels a group: 200 if it is cancelled, and 202 while its children still have to stop. Both addresses do the same: DELETE as for jobs, and the verb beside `:close`. */
const cancelRoute = (
  parts: GatewayParts,
  method: "DELETE" | "POST",
  path: string,
): GatewayRoute => {
  const cancel = cancelGroup(parts);
  return {
    ...{ method, path },
    rpc: GroupService.method.cancelGroup,
    described: {
      ...(method === "POST" ? { operation: "cancelGroupByPost" } : {}),
      query: parameters,
      answers: {
        200: { about: "The group, which is cancelled.", message: GroupSchema },
        202: {
          about: "The group, whose children still have to stop.",
          message: GroupSchema,
          headers: ["retry-after"],
        },
      },
      reasons: ["GROUP_NOT_FOUND", "ILLEGAL_TRANSITION"],
    },
    async handle({ params: { id = "" }, query }, context) {
      assertOwnGroup(id, context);
      const { reason } = readQuery(query, parameters);
      const request = create(CancelGroupRequestSchema, { groupId: id, reason });
      assertValid(CancelGroupRequestSchema, request);
      return groupAnswer(await cancel(request, context));
    },
  };
};

export const cancelGroupRoutes = (parts: GatewayParts): GatewayRoute[] => [
  cancelRoute(parts, "DELETE", "/v1/groups/{id}"),
  cancelRoute(parts, "POST", "/v1/groups/{id}:cancel"),
];
