/** What a batch cost, as its caller reads it. */
import { startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { grpcClient } from "@millrace/runtime";
import { afterAll, expect, test } from "vitest";
import { accountsFile, batchEnd, createBatch, lineOf } from "./batch-setup.ts";
import { startProvider } from "./provider.ts";
import { callersOf, clients, putModels } from "./setup.ts";

const provider = await startProvider();
const accounts = accountsFile(provider.url);
const system = await startSystem({
  settings: {
    worker: { MILLRACE_ACCOUNTS_FILE: accounts.path, MILLRACE_SLOTS: "20" },
  },
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  provider.close();
  accounts.remove();
});
await putModels(system, { "gpt-test": "acme/main" });
const sdks = Object.entries(clients);
const timeout = 120_000;

async function putPriced(): Promise<void> {
  const admin = grpcClient(AdminService, String(system.schedulers[0]?.addresses.admin));
  try {
    const price = { inputMicros: 1_250_000n, outputMicros: 10_000_000n };
    const routes = [{ account: "acme/main", model: "priced", price }];
    await admin.rpc.putModel({ model: { name: "priced", routes } });
  } finally {
    admin.close();
  }
}

test.each(sdks)(
  "%s: a batch says what the attempts of its lines cost, to the micro-dollar",
  async (name, Client) => {
    await putPriced();
    const apiKey = await system.createApiKey(name);
    const { clientOf, call } = callersOf(system, apiKey);
    const client = clientOf(Client);
    const priced = { model: "priced" };
    const lines = [
      ...[1, 2, 3].map((n) => lineOf(`priced ${n}`, `number ${n}`, priced)),
      lineOf("unpriced", "number 4"),
      lineOf("refused", "refuse 422 this", priced),
    ];
    const batch = await batchEnd(client, (await createBatch(client, lines)).id);
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { completed: 4, failed: 1 },
    });
    // 7 tokens of input and 5 of output are 58.75 micro-dollars, which each attempt rounds to 59.
    expect(batch).toHaveProperty("millrace", {
      ...{ cost_micros: 3 * 59, unpriced_attempts: 1, uncounted_lines: 0 },
    });
    const spend = (await (await call("/v1/spend")).json()) as {
      readonly rows: readonly { readonly costMicros?: string | number }[];
    };
    const spent = spend.rows.reduce((sum, { costMicros = 0 }) => sum + Number(costMicros), 0);
    expect(spent).toBe(3 * 59);
    const listed = (await client.batches.list()).data;
    expect(listed).toEqual([batch]);
  },
  timeout,
);
