import type { Engine } from "@millrace/engine";
import { JobState as JobStateMessage } from "@millrace/proto/job";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isKeyId, isQueueName, isUlid, jobStates } from "@millrace/shared";
import { jobMessage } from "../job-message.ts";
import { assertPageToken } from "./page-token.ts";

const DEFAULT_PAGE_SIZE = 50;

export const list =
  (
    engine: Pick<Engine, "listJobs">,
  ): Handler<(typeof SchedulerService)["method"]["list"], undefined> =>
  async ({ keyId, filter }) => {
    const queue = filter?.queue ?? "";
    if (filter === undefined || !isKeyId(keyId) || !isQueueName(queue)) {
      throw rpcError({ reason: "MALFORMED", message: "a key and a queue are needed" });
    }
    assertPageToken("ListJobs", filter.pageToken, isUlid(filter.pageToken));
    const states = jobStates.filter((state) => filter.states.includes(JobStateMessage[state]));
    const page = await engine.listJobs({
      keyId,
      queue,
      pageSize: filter.pageSize || DEFAULT_PAGE_SIZE,
      ...(states.length === 0 ? {} : { states }),
      ...(filter.type === "" ? {} : { type: filter.type }),
      ...(filter.label === "" ? {} : { label: labelOf(filter.label) }),
      ...(filter.pageToken === "" ? {} : { pageToken: filter.pageToken }),
    });
    return { page: { jobs: page.jobs.map(jobMessage), nextPageToken: page.nextPageToken ?? "" } };
  };

function labelOf(text: string) {
  const at = text.indexOf("=");
  if (at < 1) throw rpcError({ reason: "MALFORMED", message: "a label is written name=value" });
  return { name: text.slice(0, at), value: text.slice(at + 1) };
}
