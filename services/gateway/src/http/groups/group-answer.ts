import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { GroupSchema } from "@millrace/proto/group";
import type { HttpAnswer } from "@millrace/runtime";
import { groupJson } from "../../messages/group-json.ts";
import { groupHasFinished } from "../../messages/has-finished.ts";
import { ASK_AGAIN_SECONDS } from "../job-answer.ts";
import { jsonAnswer } from "../json-answer.ts";

/** A handler's reply. */
interface Reply {
  readonly group?: MessageInitShape<typeof GroupSchema> | undefined;
}

/** Answers with a reply's group. Without a given status it is 200 for a finished group, and 202 for an unfinished one. */
export function groupAnswer(
  reply: Reply,
  answer: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): HttpAnswer {
  const group = create(GroupSchema, reply.group);
  const finished = groupHasFinished(group);
  return jsonAnswer(answer.status ?? (finished ? 200 : 202), groupJson(group), {
    ...(finished ? {} : { "retry-after": ASK_AGAIN_SECONDS }),
    ...answer.headers,
  });
}
