// A scheduler is asked as KEDA asks, with the code that KEDA itself generates from its contract: the program of test/keda, whose path is in
// MILLRACE_KEDA_CLIENT. Without it the test is skipped. Its modules come from a Go module proxy, so `.ci/run` builds it only where they
// can be had.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { promisify } from "node:util";
import { connectMillrace } from "@millrace/client";
import { connectAdmin } from "@millrace/client/admin";
import { startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { freePort } from "@millrace/testing";
import { describe, expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const program = process.env.MILLRACE_KEDA_CLIENT ?? "";
const job = { queue: "documents", type: "wait", payload: {} };

test("a scheduler does not listen for KEDA unless its port is set", async () => {
  await using system = await startSystem({ gateways: 0, workers: 0 });
  expect(system.schedulers[0]?.addresses.scaler).toBeUndefined();
  const socket = connect(7077, "127.0.0.1");
  await expect(once(socket, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

describe.skipIf(program === "")("with KEDA's code (MILLRACE_KEDA_CLIENT)", () => {
  test("from no work to work and back, without jobs that are held", async () => {
    const settings = { scheduler: { MILLRACE_SCALER_PORT: String(await freePort()) } };
    await using system = await startSystem({ workers: 0, settings });
    const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
    onTestFinished(() => millrace.close());
    const admin = connectAdmin({ address: String(system.schedulers[0]?.addresses.admin) });
    onTestFinished(() => admin.close());
    const ask = async (metadata: Record<string, string> = {}) => {
      const all = { scalerAddress: "s:1", queues: "documents", targetPerReplica: "4", ...metadata };
      const address = system.schedulers[0]?.addresses.scaler ?? "";
      const { stdout } = await run(program, [address, JSON.stringify(all)]);
      return JSON.parse(stdout);
    };
    const common = { Metric: "millrace-jobs", Target: 4 };
    const idle = { ...common, Value: 0, Active: false, Stream: false };
    expect(await ask()).toEqual(idle);
    const { jobId } = await millrace.submit(job);
    await millrace.submit({ ...job, pool: "gpu" });
    expect(await ask()).toEqual({ ...common, Value: 1, Active: true, Stream: true });
    expect(await ask({ pools: "gpu" })).toMatchObject({ Value: 2 });
    await admin.call(AdminService.method.pauseQueue, { name: "documents" });
    expect(await ask({ pools: "gpu" })).toEqual(idle);
    await admin.call(AdminService.method.resumeQueue, { name: "documents" });
    await millrace.cancel(jobId);
    expect(await ask()).toEqual(idle);
    await expect(ask({ queues: "" })).rejects.toThrow(
      /InvalidArgument.*metadata queues: is missing/,
    );
  }, 120_000);
});
