import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { JobSchema } from "@millrace/proto/job";
import type { HttpAnswer } from "@millrace/runtime";
import { hasFinished } from "../messages/has-finished.ts";
import { jobJson } from "../messages/job-json.ts";

/** How soon to ask again for a job that has not finished, in seconds. `wait` is better. */
const ASK_AGAIN_SECONDS = "2";

/** What a handler replies with. */
interface Reply {
  readonly job?: MessageInitShape<typeof JobSchema> | undefined;
}

/** The job of a reply as an answer; 200 once it has finished, and 202 while it has not, if no status is given. */
export function jobAnswer(
  reply: Reply,
  answer: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): HttpAnswer {
  const job = create(JobSchema, reply.job);
  const finished = hasFinished(job);
  return {
    status: answer.status ?? (finished ? 200 : 202),
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      ...(finished ? {} : { "retry-after": ASK_AGAIN_SECONDS }),
      ...answer.headers,
    },
    body: jobJson(job),
  };
}
