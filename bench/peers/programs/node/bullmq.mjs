import { Queue, Worker } from "bullmq";
import { payload, serveProducer, serveWorker } from "./lines.mjs";

const connection = { url: process.env.REDIS_URL };
const options = { attempts: 5, removeOnComplete: { count: 1_000 } };

if (process.argv[2] === "worker") {
  await serveWorker(async (done) => {
    const run = async () => done();
    const worker = new Worker("bench", run, { connection, concurrency: Number(process.env.SLOTS) });
    await worker.waitUntilReady();
    return () => worker.close();
  });
} else {
  const queue = new Queue("bench", { connection });
  await queue.waitUntilReady();
  const job = { name: "noop", data: payload, opts: options };
  await serveProducer({
    add: (count) =>
      count === 1
        ? queue.add(job.name, job.data, job.opts)
        : queue.addBulk(Array.from({ length: count }, () => job)),
    close: () => queue.close(),
  });
}
