/**
 * One round of a storm has its own Millrace. Jobs and faults run at the same time, then the faults end, and then
 * all that callers were told is compared with what is stored. Rounds bound the memory that a storm needs.
 */
import { sleep } from "@millrace/shared";
import { seededRandom } from "@millrace/testing";
import { Absences } from "./absences.ts";
import { stormCallback } from "./callbacks.ts";
import { Callers } from "./callers.ts";
import { StormCatalogue } from "./catalogue.ts";
import { compare } from "./compare.ts";
import { GoneEndpoint } from "./gone.ts";
import { GroupCallers } from "./group-callers.ts";
import { GroupLedger } from "./group-ledger.ts";
import { stormGroup } from "./groups.ts";
import { Injector } from "./inject.ts";
import { probeJob, stormJob } from "./jobs.ts";
import { Ledger } from "./ledger.ts";
import { type FaultKind, plannedFaults } from "./plan.ts";
import { notingRepaired } from "./repaired.ts";
import { RevokedKeys } from "./revoked-keys.ts";
import { StormSchedules } from "./schedules.ts";
import { type StormSystemOptions, startStormSystem } from "./storm-system.ts";

export interface RoundOptions extends StormSystemOptions {
  /** How many callers work at the same time. Each has one job at a time. */
  readonly callers: number;
  /** The most faults at the same time. */
  readonly injectors: number;
  /** The round ends after this many jobs and faults, or when `until` aborts. */
  readonly jobs: number;
  readonly faults: number;
  readonly until: AbortSignal;
}

/** How long jobs may take once there are no faults: longer than deadline, backoff and lease together. */
const CALM_MS = 240_000;
/** The numbers of probe jobs start here. */
const PROBE = 1_000_000_000;
/** So many jobs end once the endpoint whose receiver wants no more is disabled. */
const LATER_JOBS = 5;

export async function runRound(options: RoundOptions): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const { seed, clock, tally, until } = options;
  const ledger = new Ledger();
  const log = notingRepaired(ledger, options.log);
  const system = await startStormSystem({ ...options, log }, parts);
  const { gateways, victims, keys, document, receiver } = system;
  const absences = new Absences(clock);
  const callers = new Callers({ gateways, keys, ledger, absences, clock });
  const groups = new GroupLedger(ledger);
  const schedules = new StormSchedules(callers, ledger, clock);
  await schedules.create();
  const groupCallers = new GroupCallers({ callers, ledger, groups, seed, clock });
  const { operator } = victims;
  const revokedKeys = new RevokedKeys({ operator, gateways, ledger, clock });
  const catalogue = new StormCatalogue({ ...victims, seed, absences, callers, ledger, clock });
  await catalogue.restore();
  const injector = new Injector({ ...victims, revokedKeys, catalogue }, clock);
  const gone = new GoneEndpoint({
    ...{ endpointId: system.goneEndpointId, callers, ledger, clock, receiver },
  });
  const before = { acknowledged: tally.acknowledged, ended: tally.ended };

  let faults = 0;
  let probes = 0;
  let jobs = 0;
  const over = () =>
    until.aborted || (jobs >= options.jobs && faults >= options.faults) || ledger.wrongs > 0;
  const show = () => {
    tally.acknowledged = before.acknowledged + ledger.acknowledged;
    tally.ended = before.ended + ledger.ended;
  };
  const calling = async () => {
    while (!over()) {
      const n = jobs;
      jobs += 1;
      const storm = stormGroup(seed, n);
      const kind = storm === undefined ? "job" : "group";
      const callback = stormCallback(seed, n, receiver.callbackUrl, kind);
      const called = callback === undefined ? {} : { callback };
      if (storm === undefined) {
        const { job, ...rest } = stormJob(seed, n, document, clock.nowMs());
        await callers.run({ ...rest, job: { ...job, ...called } });
      } else {
        await groupCallers.run({ ...storm, group: { ...storm.group, ...called } });
      }
      show();
    }
  };
  const plan = plannedFaults(seededRandom(seed));
  /** Resolves when a job that is submitted now has ended. */
  const recovered = async (kind: FaultKind) => {
    probes += 1;
    const late = new AbortController();
    await Promise.race([
      callers.run(probeJob(seed, PROBE + probes)),
      sleep(clock, CALM_MS, late.signal).then(() => {
        if (!late.signal.aborted)
          ledger.complain(`no job ended within ${CALM_MS} ms after ${kind}`);
      }),
    ]);
    late.abort();
  };
  const breaking = async () => {
    while (!over()) {
      const fault = plan.next().value;
      if (await injector.inject(fault)) {
        faults += 1;
        const undoneMs = clock.nowMs();
        await recovered(fault.kind);
        tally.fault(fault.kind, clock.nowMs() - undoneMs);
      }
      await sleep(clock, fault.restMs, until);
    }
  };

  const calls = Promise.all(Array.from({ length: options.callers }, calling));
  await Promise.all(Array.from({ length: options.injectors }, breaking));
  // From here on there are no faults.
  await catalogue.restore();
  const calm = new AbortController();
  const ended = await Promise.race([
    Promise.all([calls, catalogue.auditRunning()])
      .then(() => groupCallers.cancelUnused())
      .then(() => schedules.stop())
      .then(() => catalogue.closeCircuits())
      .then(() => gone.settle())
      .then(() => true),
    sleep(clock, CALM_MS, calm.signal).then(() => false),
  ]);
  calm.abort();
  show();
  if (!ended) {
    const left = [...callers.doing].slice(0, 20).map(([n, what]) => `${n}: ${what}`);
    ledger.complain(`${callers.doing.size} jobs have not ended: ${left.join(", ")}`);
  } else {
    const later = Array.from({ length: LATER_JOBS }, (_, i) => PROBE + probes + 1 + i);
    for (const n of later) await callers.run(probeJob(seed, n));
    show();
    const laterIds = new Set(later.map((n) => ledger.idOf(n) ?? ""));
    const compared = await compare(operator, {
      ...{ callers, ledger, groups, schedules, clock, receiver, gone, laterIds },
    });
    tally.auditedJobs += compared.auditedJobs;
    tally.fanOuts += compared.fanOuts;
    tally.scheduled += compared.scheduled;
    tally.called += compared.called;
    tally.spentMicros += compared.spentMicros;
    tally.endpointGone(compared.gone);
    for (const [state, count] of compared.states) tally.finish(state, count);
  }
  for (const service of victims.services) service.release();
  tally.rounds += 1;
  tally.repaired += ledger.repaired.size;
  tally.strays += ledger.strays;
  tally.unlisted += ledger.unlisted;
  tally.untold += ledger.untold;
  tally.stalls += callers.stalls;
  tally.watches += callers.watches;
  tally.cuts += callers.cuts;
  tally.longestGapMs = Math.max(tally.longestGapMs, callers.longestGapMs);
  for (const [account, count] of callers.routed) tally.route(account, count);
  for (const [what, count] of callers.told) tally.tell(what, count);
  tally.wrong.push(...ledger.wrong.map((what) => `round ${tally.rounds}: ${what}`));
  if (ended) await callers.close();
  for (const link of victims.links) link.cut();
}
