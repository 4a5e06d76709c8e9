/** Jobs of a model in a whole system: each attempt takes the first route whose account may take it. */
import { connectMillrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { type GrpcClient, grpcClient } from "@millrace/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { completed, type Outcome, RawWorker } from "../faults/raw-worker.ts";
import { commandLine } from "../fields/command-line.ts";

const parts = new AsyncDisposableStack();
let system: Awaited<ReturnType<typeof startSystem>>;
let millrace: ReturnType<typeof connectMillrace>;
let admin: GrpcClient<typeof AdminService>["rpc"];
let cli: ReturnType<typeof commandLine>;

beforeAll(async () => {
  system = parts.use(await startSystem({ workers: 0 }));
  millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  parts.defer(() => millrace.close());
  const operators = String(system.schedulers[0]?.addresses.admin);
  const client = grpcClient(AdminService, operators);
  parts.defer(() => client.close());
  admin = client.rpc;
  cli = commandLine({ apiKey: system.apiKey, gateway: system.gatewayTarget(), operators });
}, 180_000);
afterAll(() => parts.disposeAsync());

const run = (...args: readonly string[]) => Array.fromAsync(cli(...args));

const submitByHttp = async (job: object) => {
  const response = await fetch(`${system.httpUrl}/v1/jobs`, {
    method: "POST",
    headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(job),
  });
  return { status: response.status, text: await response.text() };
};

/** How a provider answered an attempt. A worker that gives up does not ask for another attempt. */
const answered = (httpStatus: number, quotaExhausted = false): Outcome => ({
  case: "failed",
  value: {
    failure: { reason: "PROVIDER_ERROR", message: "no", retryable: !quotaExhausted },
    retryAfter: { seconds: 1_000n, nanos: 0 },
    provider: { httpStatus, quotaExhausted },
  },
});

const queue = "routed";
const workerOf = async (account: string) => {
  const worker = new RawWorker(String(system.schedulers[0]?.addresses.workers));
  await worker.hello(queue, { workerId: account.replace("/", "-"), pools: [account], credit: 9 });
  return worker;
};

test("jobs of a model go by the next account when one cools down or is used up, and explain says what holds each route", async () => {
  await system.putQueue({ name: queue });
  await run(
    ...["models", "put", "fast", "--alias", "quick", "--route", "acme/one=alpha"],
    ...["--route", "acme/two=beta", "--route", "acme/three=gamma"],
  );
  // Nobody serves the third account.
  const [one, two] = [await workerOf("acme/one"), await workerOf("acme/two")];

  const sent = await submitByHttp({ queue, type: "ask", model: "quick" });
  expect(sent.status).toBe(202);
  const first = await one.take();
  expect(first).toMatchObject({
    account: "acme/one",
    providerModel: "alpha",
    attempt: 1,
    pool: "",
  });
  await one.settle(first.lease, answered(429));
  // The refusal spends no attempt.
  const again = await two.take();
  expect(again).toMatchObject({ account: "acme/two", providerModel: "beta", attempt: 1 });
  expect(again.lease.jobId).toBe(first.lease.jobId);
  await two.settle(again.lease, completed({ by: "two" }));
  const { model, route, result } = await millrace.wait(first.lease.jobId);
  expect({ model, route, result }).toEqual({
    ...{ model: "fast", route: { account: "acme/two", model: "beta" }, result: { by: "two" } },
  });

  const { jobId } = await millrace.submit({ queue, type: "ask", model: "fast" });
  const next = await two.take();
  expect(next.lease.jobId).toBe(jobId);
  await two.settle(next.lease, answered(429, true));
  const explained = await millrace.explain(jobId);
  expect(explained).toMatchObject({ state: "QUEUED", model: "fast" });
  expect(
    explained.routes.map((held) => [
      ...[held.account, held.model, held.failed],
      held.constraints.map(({ kind }) => kind),
    ]),
  ).toEqual([
    ["acme/one", "alpha", false, ["PROVIDER_COOLDOWN"]],
    ["acme/three", "gamma", false, ["NO_WORKER"]],
    ["acme/two", "beta", true, ["PROVIDER_EXHAUSTED"]],
  ]);
  expect(explained.constraints.map(({ kind, subject }) => `${kind} ${subject}`).toSorted()).toEqual(
    [...["NO_WORKER acme/three", "PROVIDER_COOLDOWN acme/one", "PROVIDER_EXHAUSTED acme/two"]],
  );
  expect(explained.estimatedStartTime).toBeInstanceOf(Date);
  const [byCommand] = await run("explain", jobId);
  expect(byCommand).toMatchObject({ routes: [{}, {}, { account: "acme/two", failed: true }] });

  await admin.resetProviderAccount({ name: "acme/two" });
  const last = await two.take();
  expect(last).toMatchObject({ account: "acme/two", lease: { jobId } });
  await two.settle(last.lease, completed({}));
  expect((await millrace.wait(jobId)).state).toBe("SUCCEEDED");
});

test("a job that names an unknown model is refused with similar names, and one of a removed model waits", async () => {
  await system.putQueue({ name: queue });
  await run("models", "put", "steady", "--route", "acme/four=delta");
  const unknown = await submitByHttp({ queue, type: "ask", model: "staedy" });
  expect(unknown.status).toBe(404);
  expect(unknown.text).toContain("MODEL_NOT_FOUND");
  expect(unknown.text).toContain("(similar: steady)");
  const both = await submitByHttp({ queue, type: "ask", model: "steady", pool: "acme/four" });
  expect(both.status).toBe(400);
  const { jobId } = await millrace.submit({ queue, type: "ask", model: "steady" });
  await run("models", "remove", "steady");
  const { constraints } = await millrace.explain(jobId);
  expect(constraints).toContainEqual(
    expect.objectContaining({ kind: "NO_ROUTE", subject: "steady" }),
  );
  await run("models", "put", "steady", "--route", "acme/five=delta");
  const five = await workerOf("acme/five");
  const taken = await five.take();
  expect(taken).toMatchObject({ account: "acme/five", lease: { jobId } });
  await five.settle(taken.lease, completed({}));
});
