import type { Job } from "@millrace/proto/job";
import { benchOn } from "./bench.ts";
import type { FaultSystem } from "./setup.ts";

/** How many callers run at the same time. */
const CALLERS = 12;

/** Provides a bench with two workers, whose attempts are given all their text at once. */
export async function busyBench(shared: FaultSystem) {
  const bench = await benchOn(shared);
  const { journal, dictation, submit } = bench;
  for (let i = 0; i < 2; i += 1) await bench.copyingWorker({ SLOTS: "8" });
  dictation.always(({ jobId, attempt, pid, write, end }) => {
    for (let i = 0; i < 5; i += 1) write(`${i} of ${attempt}, `);
    end(`${jobId} by ${pid}`);
  });
  return {
    ...bench,
    /**
     * Submits jobs and follows them to their end. Resolves when a third of them are acknowledged. `all` resolves
     * when all have ended.
     */
    async load(jobs: number): Promise<{ readonly all: Promise<Job[]> }> {
      let acknowledged = 0;
      const some = Promise.withResolvers<void>();
      let next = 0;
      const calling = async () => {
        const ends: Job[] = [];
        while (next < jobs) {
          next += 1;
          const jobId = await submit();
          acknowledged += 1;
          if (acknowledged === Math.ceil(jobs / 3)) some.resolve();
          ends.push(await journal.follow(jobId));
        }
        return ends;
      };
      const all = Promise.all(Array.from({ length: CALLERS }, calling));
      await Promise.race([some.promise, all]);
      return { all: all.then((ends) => ends.flat()) };
    },
  };
}
