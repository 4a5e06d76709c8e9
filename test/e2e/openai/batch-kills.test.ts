/** Gateway, schedulers and worker are killed in the middle of a batch, and each line has one answer. */
import { startSystem } from "@millrace/local";
import { afterAll, expect, test, vi } from "vitest";
import { chunks } from "./answers.ts";
import { accountsFile, batchEnd, createBatch, lineOf, linesOf } from "./batch-setup.ts";
import { startProvider } from "./provider.ts";
import { callersOf, clients, putModels } from "./setup.ts";

const provider = await startProvider();
const accounts = accountsFile(provider.url);
const system = await startSystem({
  schedulers: 2,
  settings: {
    worker: {
      ...{ MILLRACE_ACCOUNTS_FILE: accounts.path, MILLRACE_SLOTS: "10" },
      // The held line may wait for all others.
      MILLRACE_PROVIDER_SILENCE_MS: "600000",
    },
  },
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  provider.close();
  accounts.remove();
});
await putModels(system, { "gpt-test": "acme/main" });

const LINES = 3_000;
/** The line at which the batch waits until the test lets it go on. */
const HELD = 1_500;

test("each line has one answer, whatever is killed", { timeout: 600_000 }, async () => {
  const client = callersOf(system).clientOf(clients["openai 7"] as never, { maxRetries: 5 });
  const lines = Array.from({ length: LINES }, (_, n) =>
    lineOf(`line ${n}`, n === HELD ? "hold" : `number ${n}`),
  );
  const headers = { "idempotency-key": "once" };
  const made = await createBatch(client, lines, {}, headers);
  const [worker] = system.workers;
  const [gateway] = system.gateways;
  const waitFor = (look: (batch: Awaited<ReturnType<typeof client.batches.retrieve>>) => void) =>
    vi.waitFor(async () => look(await client.batches.retrieve(made.id)), {
      ...{ timeout: 240_000, interval: 5 },
    });

  // While the file is checked, or the lines are added.
  await worker?.kill();
  await worker?.restart();
  await waitFor(({ request_counts: counts }) => expect(counts?.total).toBeGreaterThan(0));
  await worker?.kill();
  await gateway?.kill();
  await gateway?.restart();
  const again = await client.batches.create(
    {
      ...{ input_file_id: made.input_file_id, completion_window: "24h" },
      endpoint: "/v1/chat/completions",
    },
    { headers },
  );
  expect(again.id).toBe(made.id);
  const held = provider.next();
  await worker?.restart();

  // While lines run.
  await waitFor(({ request_counts: counts }) => expect(counts?.completed).toBeGreaterThan(100));
  for (const scheduler of system.schedulers) {
    await scheduler.kill();
    await scheduler.restart();
  }
  const first = await held;
  await waitFor(({ request_counts: counts }) =>
    expect(counts).toEqual({ total: LINES, completed: LINES - 1, failed: 0 }),
  );
  const next = provider.next();
  await worker?.kill();
  first.cut();
  await worker?.restart();
  // The last line waits until its lease is over.
  const last = await next;
  last.send(...chunks("late"));
  last.end();
  await waitFor(({ status }) => expect(status).not.toBe("in_progress"));
  // While the files are written.
  await worker?.kill();
  await worker?.restart();

  const batch = await batchEnd(client, made.id);
  expect(batch).toMatchObject({
    ...{ status: "completed", error_file_id: null },
    request_counts: { total: LINES, completed: LINES, failed: 0 },
  });
  const output = await linesOf(client, batch.output_file_id);
  expect(output.map(({ custom_id: id }) => id)).toEqual(lines.map((_, n) => `line ${n}`));
  expect(new Set(output.map(({ id }) => id)).size).toBe(LINES);
  const wrong = output.filter(({ response }, n) => {
    const said = response?.body.choices[0]?.message.content;
    return said !== (n === HELD ? "late" : `You said: number ${n}`);
  });
  expect(wrong).toEqual([]);
  const files = await Array.fromAsync(client.files.list());
  expect(files.filter(({ purpose }) => (purpose as string) === "batch_output")).toHaveLength(1);
});
