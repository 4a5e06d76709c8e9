/** Tests what `/readyz` and the gRPC health service report for services that lack what they need. */

import { Client, credentials } from "@grpc/grpc-js";
import { startService } from "@millrace/local";
import { freePort } from "@millrace/testing";
import { service } from "grpc-health-check";
import { expect, onTestFinished, test } from "vitest";
import { startForTest, untilMetric } from "./setup.ts";

const readyz = async (address: string | undefined) => {
  const response = await fetch(`http://${address}/readyz`);
  return { code: response.status, body: await response.text() };
};
const ready = { code: 200, body: "ok\n" };

/** Asks again until the answer has this status. The event that changes it happens in another process. */
async function until(address: string | undefined, code: number) {
  let answer = await readyz(address);
  while (answer.code !== code) answer = await readyz(address);
  return answer;
}

const serving = (address: string | undefined) => {
  const client = new Client(String(address), credentials.createInsecure());
  onTestFinished(() => client.close());
  const { Check } = service;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      String(Check?.path),
      Check?.requestSerialize as (request: object) => Buffer,
      Check?.responseDeserialize as (bytes: Buffer) => { status?: string },
      { service: "" },
      (error, response) => (error === null ? resolve(response?.status) : reject(error)),
    );
  });
};

test("a gateway or worker that no scheduler has answered or accepted is not ready", async () => {
  const { system, log } = await startForTest({
    workers: 0,
    settings: { all: { MILLRACE_INTERNAL_TOKEN: "right" } },
  });
  const [gateway] = system.gateways;
  expect(await until(gateway?.addresses.metrics, 200)).toEqual(ready);
  await log.until(({ service: name, msg }) => name === "gateway" && msg === "a scheduler answers");
  expect(await serving(gateway?.addresses.address)).toBe("SERVING");

  const wrong = await system.addGateway({ MILLRACE_INTERNAL_TOKEN: "wrong" });
  const lost = await system.addGateway({
    MILLRACE_SCHEDULER_ADDRESS: `127.0.0.1:${await freePort()}`,
  });
  for (const { addresses } of [wrong, lost]) {
    expect(await readyz(addresses.metrics)).toEqual({
      ...{ code: 503, body: "not ready: a scheduler has not answered yet\n" },
    });
    expect(await serving(addresses.address)).toBe("NOT_SERVING");
  }

  const worker = await startService("worker", {
    settings: {
      MILLRACE_SCHEDULER_ADDRESS: `127.0.0.1:${await freePort()}`,
      MILLRACE_METRICS_PORT: "0",
      MILLRACE_DOCUMENTS_DIR: system.documents,
    },
  });
  onTestFinished(() => void worker.kill());
  expect((await readyz(worker.addresses.metrics)).code).toBe(503);
  const good = await system.addWorker();
  expect(await until(good.addresses.metrics, 200)).toEqual(ready);
}, 120_000);

test("a scheduler without Redis is not ready after the grace until Redis is back, and its gateway stays ready", async () => {
  const { system } = await startForTest({
    workers: 0,
    settings: { all: { MILLRACE_READY_GRACE_MS: "1000" } },
  });
  const [scheduler] = system.schedulers;
  const [gateway] = system.gateways;
  await until(gateway?.addresses.metrics, 200);
  await system.redis.kill();
  const answer = await until(scheduler?.addresses.metrics, 503);
  expect(answer.body).toMatch(/^not ready: Redis has not answered for \d+ s\n$/);
  // The scheduler itself still answers, with the error that its store is away.
  expect(await readyz(gateway?.addresses.metrics)).toEqual(ready);
  await system.redis.restart();
  expect(await until(scheduler?.addresses.metrics, 200)).toEqual(ready);
}, 120_000);

test("while Redis is away, the services log its outage and not each failure, and its end", async () => {
  const { system, log } = await startForTest();
  const [scheduler] = system.schedulers;
  await until(system.gateways[0]?.addresses.metrics, 200);
  const before = log.items.length;
  await system.redis.kill();
  const failures = await untilMetric(
    (count) => count >= 40,
    ...([scheduler, "millrace_loop_failures_total"] as const),
  );
  const meanwhile = log.items.slice(before);
  expect(meanwhile.filter(({ msg }) => msg === "Redis is unavailable")).toHaveLength(1);
  // The duties have failed more often than all services have written lines.
  expect(meanwhile.length).toBeLessThan(failures / 4);
  expect(JSON.stringify(meanwhile).length).toBeLessThan(8_000);
  await system.redis.restart();
  await log.until(({ msg }) => msg === "Redis is available again", before);
}, 180_000);
