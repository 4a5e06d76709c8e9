import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { GroupSchema } from "@millrace/proto/group";
import {
  GroupService,
  WatchGroupRequestSchema,
  type WatchGroupResponseSchema,
} from "@millrace/proto/group-service";
import type { Clock } from "@millrace/shared";
import type { GatewayParts } from "../../gateway-parts.ts";
import { watchGroup } from "../../handlers/groups/watch-group.ts";
import { groupJson } from "../../messages/group-json.ts";
import { readQuery } from "../read-query.ts";
import type { GatewayRoute } from "../route-description.ts";
import { eventsAnswer, eventText, untilFault } from "../server-sent-events.ts";

async function* eventsOf(
  responses: AsyncIterable<MessageInitShape<typeof WatchGroupResponseSchema>>,
): AsyncGenerator<string> {
  for await (const { group } of responses) {
    yield eventText("group", groupJson(create(GroupSchema, group)));
  }
}

/** GET /v1/groups/{id}/events: sends the group as server-sent events after each change, until its final state. */
export function groupEventsRoute(parts: GatewayParts, clock: Clock): GatewayRoute {
  const watch = watchGroup(parts);
  return {
    method: "GET",
    path: "/v1/groups/{id}/events",
    rpc: GroupService.method.watchGroup,
    described: {
      answers: {
        200: {
          about: "The group after each change, until its final state.",
          events: { group: GroupSchema },
        },
      },
      reasons: ["GROUP_NOT_FOUND", "TOO_MANY_STREAMS"],
    },
    async handle({ params, query }, context) {
      readQuery(query, {});
      const request = create(WatchGroupRequestSchema, { groupId: params.id ?? "" });
      return eventsAnswer(untilFault(eventsOf(watch(request, context))), clock);
    },
  };
}
