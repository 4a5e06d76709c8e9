// How a program of bench/peers exchanges lines of JSON with its parent. The program ends when its input ends.
import { createInterface } from "node:readline";

export const payload = { document: "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B", note: "x".repeat(150) };

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** `start` gets a function that each job calls when it is done. It resolves with a function that closes the worker. */
export async function serveWorker(start) {
  let done = 0;
  let reported = 0;
  const close = await start(() => {
    done += 1;
  });
  setInterval(() => {
    if (done !== reported) say({ worker: process.pid, done });
    reported = done;
  }, 10);
  createInterface({ input: process.stdin }).on("close", async () => {
    await close();
    process.exit(0);
  });
  say({ ready: true });
}

/** `add(count)` stores that many jobs in one call. */
export async function serveProducer({ add, close }) {
  const produce = async ({ jobs, inFlight, batch }) => {
    let left = jobs;
    const one = async () => {
      while (left > 0) {
        const count = Math.min(batch, left);
        left -= count;
        await add(count);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, one));
    say({ submitted: jobs });
  };
  createInterface({ input: process.stdin })
    .on("line", (line) => void produce(JSON.parse(line)))
    .on("close", async () => {
      await close();
      process.exit(0);
    });
  say({ ready: true });
}
