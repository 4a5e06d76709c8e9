/** A program of BullMQ with groups, as its user writes it. It exports what declarations must be able to name. */
import { fairBackend, type GroupSettings, groupsOf } from "@millrace/bullmq";
import { FlowProducer, Queue, QueueEvents, Worker, withBackend } from "bullmq";

const connection = { host: "127.0.0.1", port: Number(process.env.REDIS_PORT) };
const prefix = String(process.env.PREFIX);

export const queue = new Queue<{ size: number }>("words", { connection, prefix }, fairBackend());
export const classes = withBackend(fairBackend());
export class Flows extends classes.FlowProducer {}
export const groups = groupsOf(queue);
export const settings: GroupSettings = { concurrency: 1, rate: { max: 100, durationMs: 60_000 } };

await groups.setDefaults(settings);
await groups.set("b", { weight: 2, concurrency: null });
for (const group of ["a", "b"]) {
  await queue.addBulk([1, 2, 3].map((size) => ({ name: group, data: { size }, opts: { group } })));
}
await queue.add("a", { size: 4 }, { group: { id: "a", cost: 5 }, priority: 2 });
const events = new QueueEvents("words", { connection, prefix }, fairBackend());
await events.waitUntilReady();
const flows = new FlowProducer({ connection, prefix }, fairBackend());
const flow = await flows.add({
  ...{ name: "c", queueName: "words", opts: { group: "c" } },
  children: [{ name: "d", queueName: "words", data: { size: 5 }, opts: { group: "d" } }],
});
const plain = new Queue("words", { connection, prefix });
const refused = await plain.getJobCounts().then(
  () => "",
  (error: Error) => error.message.split(" ")[0],
);

const ran: string[] = [];
const worker = new Worker<{ size?: number }>(
  "words",
  async (job) => {
    ran.push(job.name);
    return job.data.size;
  },
  { connection, prefix },
  fairBackend(),
);
await flow.job.waitUntilFinished(events);
while ((await queue.getCompletedCount()) < 9) await new Promise(setImmediate);
process.stdout.write(`${JSON.stringify({ ran: ran.sort().join(""), refused })}\n`);
await Promise.all([worker, plain, flows, events, queue].map((part) => part.close()));
