import { openEngine } from "@millrace/engine";
import {
  defaultBackoff,
  type KeyId,
  newJobId,
  type QueueName,
  systemRandom as random,
} from "@millrace/shared";
import { createLogger } from "@millrace/telemetry";
import { ManualClock, redisForTests } from "@millrace/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { accountEvents } from "../src/observing/account-events.ts";

async function setup(changeLog: { readonly maxLength?: number } = {}) {
  const { url, rootPrefix } = await redisForTests();
  const clock = new ManualClock();
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const log = createLogger("scheduler", { destination: { write } });
  const engine = await openEngine({
    ...{ redis: { url }, rootPrefix, clock, random, changeLog },
    onAccountEvent: accountEvents(log, () => engine.changeLog),
  });
  onTestFinished(() => engine.close());
  const accounts = engine.providerAccounts;
  const changes = async () => (await engine.changeLog.list(1_000))?.changes ?? [];
  return { engine, accounts, clock, lines, changes };
}

const said = { httpStatus: 429, message: "slow down" };

test("each change of an account's state is a log line, with what the provider said", async () => {
  const { accounts, lines, changes, clock } = await setup();
  await accounts.put({ name: "acme", maxRunning: 8 });
  await accounts.report("acme", { kind: "refused", askedMs: 5_000, said });
  await accounts.report("acme", { kind: "refused", said });
  const cooling = { account: "acme", http_status: 429, said: "slow down" };
  expect(lines).toMatchObject([
    {
      ...{ ...cooling, level: "warn", msg: "a provider account is cooling down", probe: false },
      ...{ reason: "refused", until: new Date(clock.nowMs() + 5_000).toISOString() },
    },
    { ...cooling, level: "warn", running_limit: 1 },
  ]);
  expect((await accounts.get("acme"))?.lastRefusal).toEqual({ ...said, atMs: clock.nowMs() });
  await accounts.report("acme", { kind: "exhausted", said: { httpStatus: 402, message: "pay" } });
  await accounts.report("acme", { kind: "exhausted", said: { httpStatus: 402, message: "pay" } });
  expect(lines.slice(2)).toMatchObject([{ level: "error", http_status: 402, said: "pay" }]);
  await accounts.reset("acme");
  expect(lines.at(-1)).toMatchObject({ level: "info", msg: "a provider account was reset" });
  await vi.waitFor(
    async () =>
      expect(
        (await changes()).map(({ actor, action, subject }) => `${actor} ${action} ${subject}`),
      ).toEqual([
        "provider Exhausted acme",
        "provider LimitHalved acme",
        "provider CoolingDown acme",
      ]),
    { timeout: 20_000 },
  );
  expect(JSON.parse((await changes())[0]?.detailJson ?? "")).toEqual({
    http_status: 402,
    said: "pay",
  });
});

test("an account whose cool-down is over is probed by one job, and works again once the job succeeds", async () => {
  const { engine, accounts, clock, lines, changes } = await setup();
  const queue = "documents" as QueueName;
  await engine.defineQueue({ name: queue });
  await accounts.put({ name: "acme" });
  await engine.submit(
    [1, 2].map(() => ({
      id: newJobId(queue, "k7f3q2m9" as KeyId, clock.nowMs(), random),
      ...{ type: "chat", pool: "acme", payloadJson: "{}", priority: 50, maxAttempts: 3 },
      ...{ backoff: defaultBackoff, labels: {}, submittedAtMs: clock.nowMs() },
    })),
  );
  const lease = async () => {
    const request = { queue, count: 2, leaseMs: 30_000, workerId: "w1" };
    return (await engine.lease(request)).leases;
  };
  await accounts.report("acme", { kind: "refused", askedMs: 5_000, said });
  expect(await lease()).toEqual([]);
  const before = lines.length;
  const told = () => lines.slice(before).map(({ level, account, msg }) => [level, account, msg]);
  clock.advance(5_000);
  const [probe, ...others] = await lease();
  if (probe === undefined) throw new Error("no job probes the provider");
  expect(others).toEqual([]);
  const probes = "a provider account's cool-down is over, and a job probes the provider";
  expect(told()).toEqual([["info", "acme", probes]]);
  await engine.settle([{ ...probe, kind: "complete", resultJson: "1" }]);
  await engine.syncPolicy();
  expect(told().slice(1)).toEqual([["info", "acme", "a provider account works again"]]);
  await vi.waitFor(
    async () =>
      expect((await changes()).map(({ action }) => action)).toEqual([
        ...["Closed", "HalfOpen", "LimitHalved", "CoolingDown"],
      ]),
    { timeout: 20_000 },
  );
});

test("events of accounts never push what people did out of the change log", async () => {
  const { engine, changes } = await setup({ maxLength: 100 });
  const log = engine.changeLog;
  const entry = (subject: string) => ({ actor: "a", action: "X", subject, detailJson: "{}" });
  for (let n = 0; n < 20; n += 1) await log.append(entry(`person ${n}`));
  for (let n = 0; n < 200; n += 1) await log.appendEvent(entry(`event ${n}`));
  const subjects = (await changes()).map(({ subject }) => subject);
  expect(subjects.filter((one) => one.startsWith("person"))).toHaveLength(20);
  expect(subjects.filter((one) => one.startsWith("event"))).toEqual(
    Array.from({ length: 10 }, (_, n) => `event ${199 - n}`),
  );
});
