import { create } from "@bufbuild/protobuf";
import { CancelGroupRequestSchema, GroupService } from "@millrace/proto/group-service";
import { assertValid, type HttpRoute } from "@millrace/runtime";
import { z } from "zod";
import type { Caller } from "../../callers/caller.ts";
import { assertOwnGroup } from "../../callers/own-group.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { cancelGroup } from "../../handlers/groups/cancel-group.ts";
import { readQuery } from "../read-query.ts";
import { groupAnswer } from "./group-answer.ts";

const parameters = { reason: z.string().default("") };

/** Cancels a group: 200 if it is cancelled, and 202 while its children still have to stop. Both addresses do the same: DELETE as for jobs, and the verb beside `:close`. */
const cancelRoute = (
  parts: GatewayParts,
  method: "DELETE" | "POST",
  path: string,
): HttpRoute<Caller> => {
  const cancel = cancelGroup(parts);
  return {
    ...{ method, path },
    rpc: GroupService.method.cancelGroup,
    async handle({ params: { id = "" }, query }, context) {
      assertOwnGroup(id, context);
      const { reason } = readQuery(query, parameters);
      const request = create(CancelGroupRequestSchema, { groupId: id, reason });
      assertValid(CancelGroupRequestSchema, request);
      return groupAnswer(await cancel(request, context));
    },
  };
};

export const cancelGroupRoutes = (parts: GatewayParts): HttpRoute<Caller>[] => [
  cancelRoute(parts, "DELETE", "/v1/groups/{id}"),
  cancelRoute(parts, "POST", "/v1/groups/{id}:cancel"),
];
