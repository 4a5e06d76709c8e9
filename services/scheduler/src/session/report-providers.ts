import type { Engine, LeaseRef } from "@millrace/engine";
import type { AttemptOutcome } from "@millrace/proto/worker-service";
import type { JobObserver } from "../observing/job-observer.ts";
import type { KnownLease } from "./known-leases.ts";
import { type HeardOfAccount, reportOf } from "./settlement.ts";

/**
 * Reports what failed attempts say of provider accounts. It comes before the attempts are settled: an account must be cooling
 * down before its job is back in the lane. Attempts that report nothing have no entry.
 */
export async function reportProviders(
  {
    engine,
    observer,
  }: {
    readonly engine: {
      readonly providerAccounts: Pick<Engine["providerAccounts"], "report">;
      readonly models: Pick<Engine["models"], "lookUp">;
    };
    readonly observer: Pick<JobObserver, "coolingDown">;
  },
  refs: readonly LeaseRef[],
  outcomes: readonly AttemptOutcome[],
  leases: readonly (KnownLease | undefined)[],
): Promise<readonly (HeardOfAccount | undefined)[]> {
  const heard: (HeardOfAccount | undefined)[] = outcomes.map(() => undefined);
  for (const [i, outcome] of outcomes.entries()) {
    const report = reportOf(refs[i] as LeaseRef, outcome, leases[i]);
    if (report === undefined || report.account === "") continue;
    const verdict = await engine.providerAccounts.report(report.account, report);
    if (verdict.begun) observer.coolingDown(report.account, report.kind);
    heard[i] = { verdict, hasOthers: await hasOtherRoutes(engine.models, leases[i]) };
  }
  return heard;
}

async function hasOtherRoutes(
  models: Pick<Engine["models"], "lookUp">,
  lease: KnownLease | undefined,
): Promise<boolean> {
  const { model, route } = lease?.job ?? {};
  if (model === undefined || route === undefined) return false;
  const found = await models.lookUp(model);
  return (
    found.kind === "found" && found.model.routes.some(({ account }) => account !== route.account)
  );
}
