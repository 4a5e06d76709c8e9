import { create } from "@bufbuild/protobuf";
import { GroupSchema } from "@millrace/proto/group";
import {
  CreateGroupRequestSchema,
  CreateGroupResponseSchema,
  GroupService,
} from "@millrace/proto/group-service";
import { assertValid } from "@millrace/runtime";
import type { GatewayParts } from "../../gateway-parts.ts";
import { createGroup } from "../../handlers/groups/create-group.ts";
import { createGroupRequestOf, groupJson, submitResultJson } from "../../messages/group-json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { assertJson, readJsonObject } from "../read-json.ts";
import { readQuery } from "../read-query.ts";
import { bodyReasons, type GatewayRoute, jobReasons } from "../route-description.ts";

/** POST /v1/groups: answers 202 with the group, and with the result of each child in order. */
export function createGroupRoute(parts: GatewayParts): GatewayRoute {
  const createOne = createGroup(parts);
  return {
    method: "POST",
    path: "/v1/groups",
    rpc: GroupService.method.createGroup,
    described: {
      body: { message: CreateGroupRequestSchema },
      answers: {
        202: {
          about: "The group, and the result of each child in order.",
          message: CreateGroupResponseSchema,
          headers: ["location"],
        },
      },
      reasons: [...bodyReasons, ...jobReasons],
    },
    async handle({ query, headers, body }, context) {
      assertJson(headers.get("content-type"));
      readQuery(query, {});
      const request = createGroupRequestOf(await readJsonObject(body, CreateGroupRequestSchema));
      assertValid(CreateGroupRequestSchema, request);
      const reply = create(CreateGroupResponseSchema, await createOne(request, context));
      const group = create(GroupSchema, reply.group);
      const results = reply.results.map(submitResultJson).join(",");
      const json = `{"group":${groupJson(group)},"results":[${results}]}`;
      return jsonAnswer(202, json, { location: `/v1/groups/${group.id}` });
    },
  };
}
