import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { payload, serveProducer, serveWorker } from "./lines.mjs";

const connectionString = process.env.POSTGRES_URL;
const logger = new Logger(() => () => undefined);

if (process.argv[2] === "worker") {
  await serveWorker(async (done) => {
    // As in its page on performance.
    const preset = {
      worker: {
        connectionString,
        concurrentJobs: 24,
        maxPoolSize: 10,
        localQueue: { size: 500 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    };
    const runner = await run({ preset, logger, taskList: { noop: async () => done() } });
    return () => runner.stop();
  });
} else {
  const tools = await makeWorkerUtils({ connectionString, logger, maxPoolSize: 10 });
  await tools.migrate();
  const job = { identifier: "noop", payload, maxAttempts: 5 };
  await serveProducer({
    add: (count) =>
      count === 1
        ? tools.addJob(job.identifier, job.payload, { maxAttempts: job.maxAttempts })
        : tools.addJobs(Array.from({ length: count }, () => job)),
    close: () => tools.release(),
  });
}
