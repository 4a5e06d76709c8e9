import { connectMillrace, type JobState, type Millrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { expect, onTestFinished, test } from "vitest";

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
