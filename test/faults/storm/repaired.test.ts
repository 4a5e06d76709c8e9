import { connectMillrace } from "@millrace/client";
import { type KeyId, newJobId, type QueueName, systemClock, systemRandom } from "@millrace/shared";
import { expect, test } from "vitest";
import { Absences } from "./absences.ts";
import { Callers } from "./callers.ts";
import { compare } from "./compare.ts";
import { GoneEndpoint } from "./gone.ts";
import { GroupLedger } from "./group-ledger.ts";
import { probeJob, STORM_QUEUE } from "./jobs.ts";
import { Ledger } from "./ledger.ts";
import { redisCommand } from "./redis-command.ts";
import { notingRepaired } from "./repaired.ts";
import { StormSchedules } from "./schedules.ts";
import { startStormSystem } from "./storm-system.ts";
import { Tally } from "./tally.ts";

const HOUR_MS = 3_600_000;

test("a job with only its first write stored is put back by the schedulers and runs without a violation", async () => {
  await using parts = new AsyncDisposableStack();
  const ledger = new Ledger();
  const log = notingRepaired(ledger, () => undefined);
  const options = {
    seed: 1,
    profile: "always",
    clock: systemClock,
    tally: new Tally(),
    log,
  } as const;
  const { gateways, keys, victims, receiver, goneEndpointId } = await startStormSystem(
    options,
    parts,
  );
  const { redis, operator, services } = victims;
  const callers = new Callers({
    ...{ gateways, keys, ledger, clock: systemClock },
    absences: new Absences(systemClock),
  });
  parts.defer(() => callers.close());
  await callers.run(probeJob(1, 1));

  const millrace = connectMillrace({ address: gateways, apiKey: keys.free });
  const runAt = new Date(systemClock.nowMs() + HOUR_MS);
  const { jobId } = await millrace.submit({ ...probeJob(1, 2).job, runAt });
  const [, keyId] = jobId.split("~");
  const nowMs = systemClock.nowMs();
  const stray = newJobId(STORM_QUEUE as QueueName, keyId as KeyId, nowMs, systemRandom);
  const base = `mr:{${STORM_QUEUE}:0}:${STORM_QUEUE}:`;
  expect(await redisCommand(redis.port, "COPY", base + jobId, base + stray)).toBe(":1");
  ledger.acknowledge(2, jobId);
  ledger.end(await millrace.cancel(jobId));
  await millrace.close();

  const groups = new GroupLedger(ledger);
  const schedules = new StormSchedules(callers, ledger, systemClock);
  const common = { callers, ledger, clock: systemClock, receiver };
  const gone = new GoneEndpoint({ ...common, endpointId: goneEndpointId });
  const books = { ...common, groups, schedules, gone, laterIds: new Set<string>() };
  expect(await compare(operator, books)).toMatchObject({ auditedJobs: 3, groups: 0 });
  expect(ledger.wrong).toEqual([]);
  expect([...ledger.repaired]).toEqual([stray]);
  expect(ledger).toMatchObject({ acknowledged: 2, strays: 1 });
  for (const service of services) service.release();
});
