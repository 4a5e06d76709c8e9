import type { Engine } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";
import { isJobId } from "@millrace/shared";
import { jobMessage } from "../../messages/job-message.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";

export const getJob =
  (engine: Pick<Engine, "getJobs">): AdminHandler<"getJob"> =>
  async ({ jobId }) => {
    const [job] = isJobId(jobId) ? await engine.getJobs([jobId], "full") : [];
    if (job !== undefined) return { job: jobMessage(job) };
    throw rpcError({ reason: "JOB_NOT_FOUND", message: `there is no job ${jobId}` });
  };
