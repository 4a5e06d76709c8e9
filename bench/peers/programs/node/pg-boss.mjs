import { PgBoss } from "pg-boss";
import { payload, serveProducer, serveWorker } from "./lines.mjs";

const boss = new PgBoss({ connectionString: process.env.POSTGRES_URL, max: 10 });
boss.on("error", (error) => process.stderr.write(`${error}\n`));
await boss.start();
await boss.createQueue("bench", { retryLimit: 4 });

if (process.argv[2] === "worker") {
  await serveWorker(async (done) => {
    const options = {
      batchSize: 100,
      localConcurrency: 4,
      pollingIntervalSeconds: 0.5,
      burstWhenBatchFull: true,
    };
    await boss.work("bench", options, async (jobs) => {
      for (const _ of jobs) done();
    });
    return () => boss.stop({ timeout: 1_000 });
  });
} else {
  await serveProducer({
    add: (count) =>
      count === 1
        ? boss.send("bench", payload)
        : boss.insert(
            "bench",
            Array.from({ length: count }, () => ({ data: payload })),
          ),
    close: () => boss.stop({ timeout: 1_000 }),
  });
}
