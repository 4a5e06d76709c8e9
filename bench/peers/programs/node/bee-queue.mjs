import Queue from "bee-queue";
import { payload, serveProducer, serveWorker } from "./lines.mjs";

const isWorker = process.argv[2] === "worker";
// Its README recommends to leave these out if they are not needed.
const queue = new Queue("bench", {
  redis: process.env.REDIS_URL,
  isWorker,
  getEvents: false,
  sendEvents: false,
  storeJobs: false,
  removeOnSuccess: true,
});
await queue.ready();

if (isWorker) {
  await serveWorker(async (done) => {
    queue.process(Number(process.env.SLOTS), async () => done());
    return () => queue.close(1_000);
  });
} else {
  const job = () => queue.createJob(payload).retries(4);
  await serveProducer({
    add: (count) =>
      count === 1 ? job().save() : queue.saveAll(Array.from({ length: count }, job)),
    close: () => queue.close(1_000),
  });
}
