import { create } from "@bufbuild/protobuf";
import {
  GroupService,
  ListGroupsRequestSchema,
  ListGroupsResponseSchema,
} from "@millrace/proto/group-service";
import { assertValid, wholeNumber } from "@millrace/runtime";
import { z } from "zod";
import type { GatewayParts } from "../../gateway-parts.ts";
import { listGroups } from "../../handlers/groups/list-groups.ts";
import { groupJson } from "../../messages/group-json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { readQuery } from "../read-query.ts";
import type { GatewayRoute } from "../route-description.ts";

const parameters = {
  queue: z.string(),
  pageSize: wholeNumber(0, 500).default(0),
  pageToken: z.string().default(""),
};

/** GET /v1/groups: lists the caller's groups in one queue, newest first. */
export function listGroupsRoute(parts: GatewayParts): GatewayRoute {
  const list = listGroups(parts);
  return {
    method: "GET",
    path: "/v1/groups",
    rpc: GroupService.method.listGroups,
    described: {
      query: parameters,
      answers: { 200: { about: "A page of groups.", message: ListGroupsResponseSchema } },
      reasons: ["QUEUE_NOT_FOUND"],
    },
    async handle({ query }, context) {
      const request = create(ListGroupsRequestSchema, readQuery(query, parameters));
      assertValid(ListGroupsRequestSchema, request);
      const page = create(ListGroupsResponseSchema, await list(request, context));
      const groups = page.groups.map(groupJson).join(",");
      const next = JSON.stringify(page.nextPageToken);
      return jsonAnswer(200, `{"groups":[${groups}],"nextPageToken":${next}}`);
    },
  };
}
