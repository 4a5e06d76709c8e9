/** Millrace with its own client and SDK: `node millrace.ts worker|submit|run`. */
import { connectMillrace } from "@millrace/client";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import { payload, serveProducer, serveWorker } from "./node/lines.mjs";

const { GATEWAY = "", WORKERS = "", API_KEY = "", SLOTS = "" } = process.env;
const [role] = process.argv.slice(2);

if (role === "worker") {
  await serveWorker(async (done) => {
    const connected = Promise.withResolvers<void>();
    const worker = startWorker({
      address: WORKERS,
      workerId: `bench-${process.pid}`,
      queues: ["bench"],
      slots: Number(SLOTS),
      executors: { noop: async () => done() },
      clock,
      random,
      log: (_, message) => message === "connected" && connected.resolve(),
    });
    await connected.promise;
    return () => worker.drain(1_000);
  });
} else {
  const millrace = connectMillrace({ address: GATEWAY, apiKey: API_KEY, deadlineMs: 600_000 });
  const job = { queue: "bench", type: "noop", payload };
  const one = () => (role === "run" ? millrace.run(job) : millrace.submit(job));
  // The client gathers calls that are made at the same time, so there is no separate call for many jobs.
  await serveProducer({
    add: (count) => Promise.all(Array.from({ length: count }, one)),
    close: () => millrace.close(),
  });
}
