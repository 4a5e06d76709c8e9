import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { type Clock, isJobId, parseJobId } from "@millrace/shared";
import type { JobObserver } from "../job-observer.ts";
import { jobSpecOf } from "../job-spec.ts";
import { submitResult } from "../submit-result.ts";

/** Results come in the order of the jobs. A malformed job refuses the whole group, nothing of it stored: gateways check jobs before they send them. */
export const submit =
  (
    engine: Pick<Engine, "submit">,
    observer: JobObserver,
    clock: Clock,
  ): Handler<(typeof SchedulerService)["method"]["submit"], undefined> =>
  async ({ jobs }) => {
    const specs = jobs.map(({ id, spec, submitTime }) => {
      if (!isJobId(id) || spec === undefined || parseJobId(id)?.queue !== spec.queue) {
        throw rpcError({ reason: "MALFORMED", message: "a job's id and its queue do not agree" });
      }
      const submittedAtMs = submitTime === undefined ? clock.nowMs() : timestampMs(submitTime);
      return jobSpecOf(id, spec, submittedAtMs);
    });
    const outcomes = await engine.submit(specs);
    return {
      results: specs.map(({ id, type }, index) => {
        const outcome = outcomes[index];
        if (outcome === undefined) throw new Error("the engine left a job without an outcome");
        if (outcome.kind === "accepted") observer.submitted(id, type);
        return submitResult(id, outcome);
      }),
    };
  };
