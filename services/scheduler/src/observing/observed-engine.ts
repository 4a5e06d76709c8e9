import type { Engine } from "@millrace/engine";
import type { JobObserver } from "./job-observer.ts";

/**
 * The engine, with what its calls did told to the observer, wherever they are made. A job's end is in
 * the reply of the one call that ended it, so that over all replicas it is told of once; a reply that
 * is lost on its way from Redis is told of by nobody.
 */
export const observedEngine = (engine: Engine, observer: JobObserver): Engine => ({
  ...engine,
  async lease(request) {
    const result = await engine.lease(request);
    for (const job of result.expired) observer.ended(job, "EXPIRED");
    observer.held(request.queue, result.held);
    return result;
  },
  async reap(queue, limit) {
    const result = await engine.reap(queue, limit);
    for (const job of result.reaped) observer.reaped(job);
    return result;
  },
  async returnStrays(queue) {
    const jobs = await engine.returnStrays(queue);
    for (const job of jobs) observer.repaired(job);
    return jobs;
  },
  async append(batches) {
    const outcomes = await engine.append(batches);
    for (const [at, batch] of batches.entries()) observer.appended(batch, outcomes[at]);
    return outcomes;
  },
});
