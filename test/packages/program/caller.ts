import { connectMillrace, type Job, MillraceError } from "@millrace/client";
import { connectAdmin } from "@millrace/client/admin";
import { AdminService } from "@millrace/proto/admin-service";
import type { Count } from "./worker.js";

const { GATEWAY: address = "", API_KEY: apiKey = "", ADMIN = "", QUEUE: queue = "" } = process.env;
const millrace = connectMillrace({ address, apiKey });

const counted: Job<Count> = await millrace.run<Count>({
  ...{ queue, type: "count-words", payload: { text: "the whale and the sea" } },
});
const words: number | undefined = counted.result?.words;

let output = "";
for await (const { text } of millrace.text(counted.id)) output += text;

const shouted = await millrace.run<string>({ queue, type: "shout", payload: { text: "thar" } });

const refused = await millrace.submit({ queue, type: "count-words", payload: { text: 1 } });
const failed = await millrace.wait(refused.jobId);

const unknown = await millrace.getJob("documents~none").catch((error: unknown) => error);

const admin = connectAdmin({ address: ADMIN });
const { queues } = await admin.call(AdminService.method.listQueues, {});
const known = queues.some((one) => one.queue?.name === queue);
admin.close();
await millrace.close();

const seen = { words, output, shouted: shouted.result, failure: failed.failure, known };
const code = unknown instanceof MillraceError ? unknown.code : "no MillraceError";
process.stdout.write(JSON.stringify({ ...seen, attempts: failed.attempt, code }));
