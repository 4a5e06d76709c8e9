/** Tests the service config that docs/retries.md gives to callers of other languages, with the gRPC library that there is here. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  Client,
  connectivityState,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
} from "@grpc/grpc-js";
import { methodDefinition } from "@millrace/grpc";
import { JobService } from "@millrace/proto/job-service";
import { systemClock } from "@millrace/shared";
import { freePort } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";

const page = readFileSync(join(import.meta.dirname, "../../docs/retries.md"), "utf8");
const text = /```json\n(\{\n {2}"loadBalancingConfig"[\s\S]*?)```/.exec(page)?.[1] ?? "";
const definition = methodDefinition(JobService.method.getJob);

test("each method of the documented service config has one answer, and exists", () => {
  const config = JSON.parse(text) as {
    methodConfig: { name: { service: string; method: string }[] }[];
  };
  const names = config.methodConfig.flatMap(({ name }) => name);
  const unary = JobService.methods.filter(({ methodKind }) => methodKind === "unary");
  expect(names.length).toBeGreaterThan(0);
  for (const { service, method } of names) {
    expect(service).toBe(JobService.typeName);
    expect(unary.map(({ name }) => name)).toContain(method);
  }
});

test("a call with the documented service config outlives an outage", async () => {
  const port = await freePort();
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.service_config": text,
    "grpc.service_config_disable_resolution": 1,
    "grpc.use_local_subchannel_pool": 1,
  });
  onTestFinished(() => client.close());
  const called = new Promise((resolve, reject) => {
    const { path, requestSerialize, responseDeserialize } = definition;
    client.makeUnaryRequest(
      ...([path, requestSerialize, responseDeserialize, { jobId: "a" } as never] as const),
      ...([new Metadata(), { deadline: systemClock.nowMs() + 60_000 }] as const),
      (error, answer) => (error === null ? resolve(answer) : reject(error)),
    );
  });
  await expect
    .poll(() => client.getChannel().getConnectivityState(false), { timeout: 20_000 })
    .toBe(connectivityState.TRANSIENT_FAILURE);
  const server = new Server();
  onTestFinished(() => server.forceShutdown());
  server.addService(
    { getJob: definition },
    { getJob: (_: unknown, answer: (error: null, reply: object) => void) => answer(null, {}) },
  );
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  expect(await called).toMatchObject({ $typeName: expect.any(String) });
}, 90_000);
