import { create } from "@bufbuild/protobuf";
import {
  GroupService,
  ListGroupChildrenRequestSchema,
  ListGroupChildrenResponseSchema,
} from "@millrace/proto/group-service";
import { wholeNumber } from "@millrace/runtime";
import type { GatewayParts } from "../../gateway-parts.ts";
import { listGroupChildren } from "../../handlers/groups/list-group-children.ts";
import { groupChildJson } from "../../messages/group-json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { readQuery } from "../read-query.ts";
import type { GatewayRoute } from "../route-description.ts";

const LAST_INDEX = 2 ** 32 - 1;

const parameters = {
  afterIndex: wholeNumber(0, LAST_INDEX).default(0),
  pageSize: wholeNumber(0, 1_000).default(0),
};

/** GET /v1/groups/{id}/children: lists the children of a group in order, with what they gave. */
export function listGroupChildrenRoute(parts: GatewayParts): GatewayRoute {
  const list = listGroupChildren(parts);
  return {
    method: "GET",
    path: "/v1/groups/{id}/children",
    rpc: GroupService.method.listGroupChildren,
    described: {
      query: parameters,
      answers: { 200: { about: "A page of children.", message: ListGroupChildrenResponseSchema } },
      reasons: ["GROUP_NOT_FOUND"],
    },
    async handle({ params, query }, context) {
      const request = create(ListGroupChildrenRequestSchema, {
        groupId: params.id ?? "",
        ...readQuery(query, parameters),
      });
      const page = create(ListGroupChildrenResponseSchema, await list(request, context));
      const children = page.children.map(groupChildJson).join(",");
      return jsonAnswer(200, `{"children":[${children}],"more":${page.more}}`);
    },
  };
}
