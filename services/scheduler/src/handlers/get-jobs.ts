import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import type { Handler } from "@millrace/runtime";
import { isJobId, parseJobId } from "@millrace/shared";
import { jobMessage } from "../messages/job-message.ts";

/**
 * Reads jobs. It leaves out another key's job like one that does not exist, so that the answer does not tell which
 * exist.
 */
export const getJobs =
  (
    engine: Pick<Engine, "getJobs">,
  ): Handler<(typeof SchedulerService)["method"]["getJobs"], undefined> =>
  async ({ keyId, jobIds, withoutPayload }) => {
    const own = jobIds.filter(isJobId).filter((id) => parseJobId(id)?.keyId === keyId);
    const jobs = await engine.getJobs(own, withoutPayload ? "noPayload" : "full");
    return { jobs: jobs.flatMap((job) => (job === undefined ? [] : [jobMessage(job)])) };
  };
