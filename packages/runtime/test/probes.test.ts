import { Client, credentials } from "@grpc/grpc-js";
import { createMetrics, metricsPages } from "@millrace/telemetry";
import { service } from "grpc-health-check";
import { expect, test } from "vitest";
import { serveMetrics } from "../src/index.ts";
import { startJobServer } from "./job-server.ts";

test("reports the server's own state as health, and knows no other service", async () => {
  await using setup = await startJobServer({});
  const { Check } = service;
  if (Check === undefined) throw new Error("no health service");
  const client = new Client(setup.server.address, credentials.createInsecure());
  const check = (name: string) =>
    new Promise((resolve) => {
      client.makeUnaryRequest(
        Check.path,
        Check.requestSerialize as (request: object) => Buffer,
        Check.responseDeserialize as (bytes: Buffer) => { status?: string },
        { service: name },
        (error, response) => resolve(error?.code ?? response?.status),
      );
    });
  expect(await check("")).toBe("SERVING");
  expect(await check("millrace.jobs.v1.JobService")).toBe("SERVING");
  expect(await check("millrace.jobs.v1.Nothing")).toBe(5);
  setup.server.health.setServing(false);
  expect(await check("millrace.jobs.v1.JobService")).toBe("NOT_SERVING");
  client.close();
});

test("changes readiness while liveness stays, and serves metrics", async () => {
  const metrics = createMetrics("gateway");
  let ready = false;
  const server = await serveMetrics({
    host: "127.0.0.1",
    port: 0,
    page: metricsPages(metrics.registry),
    notReady: () => (ready ? undefined : "a scheduler has not answered yet"),
  });
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { code: response.status, body: await response.text() };
  };
  try {
    expect(await get("/readyz")).toEqual({
      ...{ code: 503, body: "not ready: a scheduler has not answered yet\n" },
    });
    expect((await get("/healthz")).code).toBe(200);
    ready = true;
    expect((await get("/readyz")).code).toBe(200);
    metrics.rpcCalls.inc({ method: "GetJob", code: "0" });
    expect((await get("/metrics")).body).toContain('method="GetJob"');
    expect((await get("/else")).code).toBe(404);
  } finally {
    await server.close();
  }
});
