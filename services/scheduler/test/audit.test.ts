import { openEngine } from "@millrace/engine";
import { AdminService } from "@millrace/proto/admin-service";
import { grpcClient, serve } from "@millrace/runtime";
import { systemClock as clock, type QueueName, systemRandom as random } from "@millrace/shared";
import { redisForTests } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { adminService } from "../src/admin-service.ts";
import { noWorkers } from "./no-workers.ts";
import { noWebhooks } from "./webhook-setup.ts";

test("reports an audit's progress, and its findings at the end", async () => {
  const { url, rootPrefix } = await redisForTests();
  const engine = await openEngine({ redis: { url }, rootPrefix, clock, random });
  onTestFinished(() => engine.close());
  await engine.defineQueue({ name: "documents" as QueueName, shards: 3 });
  const broken = { ...engine, audit: withFinding(engine.audit) };
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    services: [
      adminService(
        ...([broken, clock, random, noWorkers, { ended: () => undefined }] as const),
        noWebhooks(engine, clock),
      ),
    ],
    authenticate: async () => ({ name: "anna" }),
    clock,
    onBug: (error) => {
      throw error;
    },
  });
  onTestFinished(() => server.close());
  const client = grpcClient(AdminService, server.address);
  onTestFinished(() => client.close());
  const answers = [];
  for await (const answer of client.rpc.audit({})) answers.push(answer);
  expect(answers.map(({ shardsDone, done }) => [shardsDone, done])).toEqual([
    [1, false],
    [2, false],
    [3, false],
    [3, true],
  ]);
  expect(answers.at(-1)?.findings).toMatchObject([
    { invariant: 6, subject: "aaaa|2|", problem: "is neither ready nor held" },
  ]);
});

type Audit = Awaited<ReturnType<typeof openEngine>>["audit"];

/** A real audit whose database has this one finding. The engine's own tests cover how findings arise. */
const withFinding =
  (audit: Audit): Audit =>
  async (options) => {
    const found = await audit(options);
    const finding = { invariant: 6, subject: "aaaa|2|", problem: "is neither ready nor held" };
    return [...found, finding];
  };
