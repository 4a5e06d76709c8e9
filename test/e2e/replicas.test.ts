import { connectMillrace, type JobState, type Millrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { grpcClient } from "@millrace/runtime";
import { expect, onTestFinished, test, vi } from "vitest";

async function setup() {
  const system = await startSystem({ schedulers: 2, gateways: 2, workers: 2 });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const connect = (address: string) => {
    const millrace = connectMillrace({ address, apiKey: system.apiKey });
    onTestFinished(() => millrace.close());
    return millrace;
  };
  return { system, connect };
}

const messages = [{ role: "user", content: "Call me Ishmael. The sea was calm." }];

/** Submits a job and returns its final state. */
async function chat(millrace: Millrace) {
  const { jobId } = await millrace.submit({
    queue: "documents",
    type: "chat",
    payload: { messages },
  });
  let state: JobState | undefined;
  for await (const event of millrace.watch(jobId)) {
    if (event.kind === "job") state = event.job.state;
  }
  return state;
}

test("jobs succeed through each gateway without one scheduler and one worker, and then without one gateway", async () => {
  const { system, connect } = await setup();
  const through = system.gateways.map(({ addresses }) => connect(addresses.address ?? ""));
  const viaEach = () => Promise.all(through.map(chat));
  const succeeded = ["SUCCEEDED", "SUCCEEDED"];
  expect(await viaEach()).toEqual(succeeded);
  await system.schedulers[0]?.kill();
  expect(await viaEach()).toEqual(succeeded);
  await system.workers[0]?.kill();
  expect(await viaEach()).toEqual(succeeded);
  const either = connect(system.gatewayTarget());
  await system.gateways[0]?.kill();
  expect(await chat(either)).toBe("SUCCEEDED");
});

test("each scheduler knows the workers of the others: it lists them, and explains jobs by them", async () => {
  const system = await startSystem({ schedulers: 2, gateways: 0, workers: 0 });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const [first, second] = system.schedulers;
  const admins = grpcClient(AdminService, String(second?.addresses.admin));
  onTestFinished(() => admins.close());
  const { rpc: admin } = admins;
  const gateway = await system.addGateway({
    MILLRACE_SCHEDULER_ADDRESS: String(second?.addresses.address),
  });
  const millrace = connectMillrace({
    ...{ address: gateway.addresses.address ?? "", apiKey: system.apiKey },
  });
  onTestFinished(() => millrace.close());
  await admin.pauseQueue({ name: "documents" });
  const { jobId } = await millrace.submit({ queue: "documents", type: "chat", payload: {} });
  /** The constraints of the job, as its caller and as operators see them. */
  const constraints = async () => {
    const { explanation } = await admin.explainJob({ jobId });
    const { constraints: shown } = await millrace.explain(jobId);
    return { caller: shown.map(({ kind }) => kind), operator: explanation?.constraints.length };
  };
  expect(await constraints()).toEqual({ caller: ["NO_WORKER", "QUEUE_PAUSED"], operator: 2 });
  const workerId = "w-of-the-first";
  const worker = await system.addWorker({
    MILLRACE_SCHEDULER_ADDRESS: String(first?.addresses.workers),
    MILLRACE_WORKER_ID: workerId,
  });
  const listed = async () => (await admin.listWorkers({})).workers;
  await vi.waitFor(async () => expect(await listed()).toMatchObject([{ workerId }]), {
    ...{ timeout: 20_000, interval: 100 },
  });
  const { schedulerId, workers } = await admin.listWorkers({});
  expect(workers[0]?.schedulerId).not.toBe(schedulerId);
  expect(await constraints()).toEqual({ caller: ["QUEUE_PAUSED"], operator: 1 });
  await worker.stop();
  await vi.waitFor(async () => expect(await listed()).toEqual([]), {
    ...{ timeout: 20_000, interval: 100 },
  });
  expect(await constraints()).toEqual({ caller: ["NO_WORKER", "QUEUE_PAUSED"], operator: 2 });
}, 180_000);
