import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { JobSpec } from "@millrace/proto/job";
import type { JobQuote, QuotedTimes } from "@millrace/proto/job-service";
import { type RpcErrorInit, RpcFault, timeMs } from "@millrace/runtime";
import type { KeyId } from "@millrace/shared";
import type { Scheduler } from "../scheduler/scheduler-client.ts";
import type { JobCounter } from "./counted-jobs.ts";

/** Checks the conditions of jobs by their quotes. Returns for each job why it is refused; undefined if it is not. */
export type ConditionCheck = (
  keyId: KeyId,
  specs: readonly JobSpec[],
  nowMs: number,
) => Promise<readonly (RpcErrorInit | undefined)[]>;

/** Whether a job sets a condition, so that it needs a quote. */
export const isConditional = ({ maxCostMicros, refuseLate }: JobSpec): boolean =>
  maxCostMicros !== undefined || refuseLate;

/** So many jobs cannot be of more places than a quote takes. */
const QUOTED_AT_ONCE = 64;

export function conditionCheck(
  scheduler: Pick<Scheduler, "quote">,
  countJobs: JobCounter,
): ConditionCheck {
  const quotesOf = async (keyId: KeyId, specs: readonly JobSpec[], nowMs: number) => {
    const jobs = await countJobs(keyId, specs, nowMs);
    const { quote } = await scheduler.quote({ keyId, jobs: [...jobs] });
    return specs.map((spec, index) => refusalOf(spec, quote?.quotes[index]));
  };
  /** Jobs are independent of each other: one that cannot be quoted does not refuse the others. */
  const oneByOne = async (keyId: KeyId, specs: readonly JobSpec[], nowMs: number) => {
    const refusals: (RpcErrorInit | undefined)[] = [];
    for (const spec of specs) {
      try {
        refusals.push(...(await quotesOf(keyId, [spec], nowMs)));
      } catch (error) {
        if (!(error instanceof RpcFault) || error.reason === undefined) throw error;
        const { reason, message, metadata, violations } = error;
        refusals.push({
          ...{ reason, metadata, message: message.replace(/^jobs\[0\]\.?/, "") },
          violations: violations.map(({ field, description }) => ({
            ...{ field: field.replace(/^jobs\[0\]\.?/, ""), description },
          })),
        });
      }
    }
    return refusals;
  };
  return async (keyId, specs, nowMs) => {
    const refusals: (RpcErrorInit | undefined)[] = [];
    for (let from = 0; from < specs.length; from += QUOTED_AT_ONCE) {
      const some = specs.slice(from, from + QUOTED_AT_ONCE);
      try {
        refusals.push(...(await quotesOf(keyId, some, nowMs)));
      } catch (error) {
        const ofOne = error instanceof RpcFault && error.message.startsWith("jobs[");
        if (!ofOne) throw error;
        refusals.push(...(await oneByOne(keyId, some, nowMs)));
      }
    }
    return refusals;
  };
}

/** Why a quote does not keep the conditions of its job, with the quote's figures. */
export function refusalOf(spec: JobSpec, quote: JobQuote | undefined): RpcErrorInit | undefined {
  return quote === undefined ? undefined : (costRefusal(spec, quote) ?? lateRefusal(spec, quote));
}

function costRefusal(
  { maxCostMicros: most, model }: JobSpec,
  { costMicros: cost }: JobQuote,
): RpcErrorInit | undefined {
  if (most === undefined) return undefined;
  if (cost === undefined) {
    const why =
      model === "" ? "the job names no model" : `a route of model ${model} has no known price`;
    return {
      reason: "COST_NOT_KNOWN",
      message: `the job has a max_cost_micros, but ${why}, so its cost cannot be estimated: leave max_cost_micros out, or name a model with prices`,
      metadata: { max_cost_micros: String(most) },
    };
  }
  if (cost.high <= most) return undefined;
  return {
    reason: "COST_ABOVE_LIMIT",
    message: `the job may cost up to ${cost.high} micro-dollars (probably ${cost.likely}), and its max_cost_micros is ${most}: submit less, limit its answer, or raise max_cost_micros`,
    metadata: {
      max_cost_micros: String(most),
      cost_low_micros: String(cost.low),
      cost_likely_micros: String(cost.likely),
      cost_high_micros: String(cost.high),
    },
  };
}

function lateRefusal(
  { refuseLate, deadline }: JobSpec,
  { start, end, timeBasis }: JobQuote,
): RpcErrorInit | undefined {
  const [likely, what] = end?.likely ? [end.likely, "end"] : [start?.likely, "start"];
  if (!refuseLate || deadline === undefined || likely === undefined) return undefined;
  if (timeMs(likely) <= timeMs(deadline)) return undefined;
  return {
    reason: "DEADLINE_IMPOSSIBLE",
    message: `at the present pace the job would probably ${what} at ${textOf(likely)}, after its deadline ${textOf(deadline)} (${timeBasis}): give a later deadline or a more urgent priority, or submit less`,
    metadata: {
      deadline: textOf(deadline),
      ...timesOf("start", start),
      ...timesOf("end", end),
    },
  };
}

const textOf = (time: Timestamp): string => new Date(timeMs(time)).toISOString();

const timesOf = (name: string, times: QuotedTimes | undefined) =>
  Object.fromEntries(
    (["low", "likely", "high"] as const).flatMap((part) => {
      const time = times?.[part];
      return time === undefined ? [] : [[`${name}_${part}_time`, textOf(time)]];
    }),
  );
