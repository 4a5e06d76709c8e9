/** What jobs cost, in a whole system: from the price in the catalogue to what the key and operators read. */
import { connectMillrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { JobService } from "@millrace/proto/job-service";
import { SpendGrouping } from "@millrace/proto/spend";
import { type GrpcClient, grpcClient } from "@millrace/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { completed, RawWorker } from "../faults/raw-worker.ts";
import { commandLine } from "../fields/command-line.ts";

const parts = new AsyncDisposableStack();
let system: Awaited<ReturnType<typeof startSystem>>;
let admin: GrpcClient<typeof AdminService>["rpc"];
let cli: ReturnType<typeof commandLine>;

beforeAll(async () => {
  const settings = { scheduler: { MILLRACE_SPEND_LABELS: "team" } };
  system = parts.use(await startSystem({ workers: 0, settings }));
  const operators = String(system.schedulers[0]?.addresses.admin);
  const client = grpcClient(AdminService, operators);
  parts.defer(() => client.close());
  admin = client.rpc;
  cli = commandLine({ apiKey: system.apiKey, gateway: system.gatewayTarget(), operators });
}, 180_000);
afterAll(() => parts.disposeAsync());

const run = (...args: readonly string[]) => Array.fromAsync(cli(...args));
const queue = "spending";
const usage = {
  ...{ inputTokens: 1_200n, cachedInputTokens: 200n, outputTokens: 50n, reasoningTokens: 20n },
  // A worker cannot say what it cost.
  ...{ providerCalls: 1, costMicros: 99_999n, unpricedAttempts: 7 },
};
/** 1,000 × 1.25 + 200 × 0.125 + 50 × 10 micro-dollars. */
const COST = 1_775;

const callerOf = (apiKey: string) => {
  const caller = grpcClient(JobService, system.gatewayTarget(), { token: apiKey });
  parts.defer(() => caller.close());
  return caller.rpc;
};

const spendByHttp = async (query: string, apiKey = system.apiKey) => {
  const response = await fetch(`${system.httpUrl}/v1/spend${query}`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  return { status: response.status, body: (await response.json()) as { rows?: object[] } };
};

test("a job says what it cost, and so do its key and operators by day, model, account and label", async () => {
  await system.putQueue({ name: queue });
  const prices = ["--input-price", "1.25", "--cached-input-price", "0.125", "--output-price", "10"];
  await run("models", "put", "priced", "--route", "acme/one=alpha", ...prices);
  await run("models", "put", "unpriced", "--route", "acme/one=beta");
  const worker = new RawWorker(String(system.schedulers[0]?.addresses.workers));
  await worker.hello(queue, { pools: ["acme/one"], credit: 9 });
  parts.defer(() => worker.cut());
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  parts.defer(() => millrace.close());
  const spend = async (model: string, labels: Record<string, string>) => {
    const { jobId } = await millrace.submit({ queue, type: "ask", model, labels });
    const { lease } = await worker.take();
    expect(lease.jobId).toBe(jobId);
    await worker.settle(lease, completed({}), usage);
    return millrace.wait(jobId);
  };
  const priced = await spend("priced", { team: "search", other: "x" });
  expect(priced.usage).toMatchObject({ outputTokens: 50, costMicros: COST });
  expect(priced.usage?.unpricedAttempts).toBeUndefined();
  const unpriced = await spend("unpriced", {});
  expect(unpriced.usage).toMatchObject({ outputTokens: 50, unpricedAttempts: 1 });
  expect(unpriced.usage?.costMicros).toBeUndefined();

  const { page } = await callerOf(system.apiKey).listSpend({});
  expect(page?.rows).toMatchObject([
    { model: "priced", account: "acme/one", attempts: 1n, costMicros: BigInt(COST), labels: {} },
    { model: "unpriced", attempts: 1n, unpricedAttempts: 1n, costMicros: 0n, inputTokens: 1_200n },
  ]);
  const byTeam = await spendByHttp("?groupBy=model&groupLabels=team,other");
  expect(byTeam).toMatchObject({
    status: 200,
    body: {
      rows: [
        { model: "priced", account: "", labels: { team: "search" }, costMicros: String(COST) },
        { model: "unpriced", labels: {}, unpricedAttempts: "1", cachedInputTokens: "200" },
      ],
      nextPageToken: "",
    },
  });
  expect(await spendByHttp("?groupBy=key")).toMatchObject({ status: 400 });
  expect(await spendByHttp("?firstDay=2027-02-30")).toMatchObject({ status: 400 });
  const byCommand = await run("spend", "--by", "label:team,account");
  expect(byCommand).toMatchObject([
    { account: "acme/one", labels: { team: "search" }, costMicros: String(COST) },
    { account: "acme/one", unpricedAttempts: "1" },
  ]);
});

test("a key sees its own spend only", async () => {
  const other = await admin.createApiKey({ name: "other" });
  expect(await spendByHttp("", other.key)).toMatchObject({ status: 200, body: { rows: [] } });
  const groupBy = [SpendGrouping.KEY];
  const all = await admin.listSpend({ filter: { groupBy } });
  expect(all.page?.rows).toMatchObject([{ costMicros: BigInt(COST), attempts: 2n }]);
  const keyId = all.page?.rows[0]?.keyId ?? "";
  expect((await admin.listSpend({ keyId, filter: { groupBy } })).page?.rows).toHaveLength(1);
  const none = await admin.listSpend({ keyId: other.apiKey?.keyId ?? "", filter: { groupBy } });
  expect(none.page?.rows).toEqual([]);
});
