import type { Engine } from "@millrace/engine";
import type { JobObserver } from "./job-observer.ts";

/**
 * Wraps the engine and reports its calls' results to the observer. Only the reply of the call that ended a job contains
 * that end, so all replicas together report it once. If such a reply is lost on its way from Redis, nobody reports it.
 */
export const observedEngine = (engine: Engine, observer: JobObserver): Engine => ({
  ...engine,
  async lease(request) {
    const result = await engine.lease(request);
    for (const job of result.expired) observer.ended(job, "EXPIRED", engine.clock.nowMs());
    observer.held(request.queue, result.held);
    return result;
  },
  async reap(queue, limit) {
    const result = await engine.reap(queue, limit);
    for (const job of result.reaped) observer.reaped(job, engine.clock.nowMs());
    return result;
  },
  async returnStrays() {
    const jobs = await engine.returnStrays();
    for (const job of jobs) observer.repaired(job);
    return jobs;
  },
  async append(batches) {
    const outcomes = await engine.append(batches);
    for (const [index, batch] of batches.entries()) observer.appended(batch, outcomes[index]);
    return outcomes;
  },
});
