import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { JobSchema } from "@millrace/proto/job";
import type { HttpAnswer } from "@millrace/runtime";
import { hasFinished } from "../messages/has-finished.ts";
import { jobJson, withMembers } from "../messages/job-json.ts";
import { jsonAnswer } from "./json-answer.ts";

/** The polling interval suggested for an unfinished job or group, in seconds. A call with `wait` is better than polling. */
export const ASK_AGAIN_SECONDS = "2";

/** A handler's reply. */
interface Reply {
  readonly job?: MessageInitShape<typeof JobSchema> | undefined;
  /** Set for a submission: whether the job existed already. The answer then says so. */
  readonly existing?: boolean;
}

/** Answers with a reply's job. Without a given status it is 200 for a finished job, and 202 for an unfinished one. */
export function jobAnswer(
  reply: Reply,
  answer: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): HttpAnswer {
  const job = create(JobSchema, reply.job);
  const finished = hasFinished(job);
  const body = withMembers(jobJson(job), {
    existing: reply.existing === undefined ? "" : String(reply.existing),
  });
  return jsonAnswer(answer.status ?? (finished ? 200 : 202), body, {
    ...(finished ? {} : { "retry-after": ASK_AGAIN_SECONDS }),
    ...answer.headers,
  });
}
