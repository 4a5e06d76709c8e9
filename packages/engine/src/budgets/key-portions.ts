import type { Clock, KeyId } from "@millrace/shared";
import { keyHomeBase } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreCall } from "../redis/store-fault.ts";
import { applyPortions } from "./apply_portions.ts";
import { exchangePortion, type PortionAnswer } from "./exchange_portion.ts";
import { type PortionReport, reportPortions } from "./report_portions.ts";

/** What a shard lacked of a key's budget in a lease. */
export interface KeyWant {
  readonly key: KeyId;
  /** What the next job takes of each limit: amounts as budgets/lib/portions.lua has them. */
  readonly needs: string;
}

export interface KeyPortions {
  /** Asks the homes of keys for larger portions of a shard. Returns whether a job that was held may run now. */
  obtain(base: string, wants: readonly KeyWant[]): Promise<boolean>;
  /** Makes a shard give back what it holds of keys' budgets, except what it has used. */
  giveBack(base: string, keys: readonly KeyId[]): Promise<void>;
}

/** Amounts of 0, for each limit. */
const NOTHING = "0,0,0,0";

type Answered = Extract<PortionAnswer, { readonly kind: "OK" }>;

/**
 * Moves portions of keys' budgets between shards (budgets/lib/portions.lua). A shard gets more in three calls: it reports what
 * it holds, the key's home answers, and the shard applies the answer. A shard reduces its portion when it reports, before the
 * home counts less; and the home counts more before the shard has it. So if a process dies between two calls, the home counts
 * too much, and the shard's next report corrects that. An answer is applied only if the shard has not reported again.
 */
export function keyPortions(redis: Store, rootPrefix: string, clock: Clock): KeyPortions {
  const send = (base: string, { key, ...report }: PortionReport, needs: string) =>
    exchangePortion.run(redis, keyHomeBase(rootPrefix, key), {
      ...{ ...report, nowMs: clock.nowMs(), shard: base, needs },
    });
  const reportOf = async (base: string, key: KeyId, keep?: string, after?: number) => {
    const asked = {
      key,
      ...(keep === undefined ? {} : { keep }),
      ...(after === undefined ? {} : { after }),
    };
    const [report] = await reportPortions.run(redis, base, { nowMs: clock.nowMs(), keys: [asked] });
    if (report === undefined) throw new Error("report_portions replied without a report");
    return report;
  };
  /** Sends a report. If another process has sent a later one, or the shard has lost its version, it reports again, once. */
  const exchange = async (base: string, report: PortionReport, needs: string) => {
    const answer = await send(base, report, needs);
    if (answer.kind === "OK") return { report, answer };
    const again = await reportOf(base, report.key, undefined, answer.version);
    const second = await send(base, again, needs);
    return second.kind === "OK" ? { report: again, answer: second } : undefined;
  };
  const reduce = async (base: string, key: KeyId, keep: string) => {
    await exchange(base, await reportOf(base, key, keep), "-");
  };

  const ask = async (base: string, first: PortionReport, needs: string) => {
    const answered = await exchange(base, first, needs);
    if (answered === undefined || answered.answer.met || answered.answer.pulls.length === 0) {
      return answered;
    }
    const { key } = first;
    await Promise.all(answered.answer.pulls.map(({ shard, keep }) => reduce(shard, key, keep)));
    // The shard has not applied the first answer, and after the second report it will not: what it gave is free again.
    return (await exchange(base, await reportOf(base, key), needs)) ?? answered;
  };

  const applied = ({ report, answer }: { report: PortionReport; answer: Answered }) => ({
    ...{ key: report.key, version: report.version, amounts: answer.amounts, more: answer.met },
    waitMs: answer.waitMs,
  });

  return {
    obtain: (base, wants) =>
      asStoreCall("asking for portions of keys' budgets", async () => {
        const keys = wants.map(({ key }) => ({ key }));
        const reports = await reportPortions.run(redis, base, { nowMs: clock.nowMs(), keys });
        const asked = await Promise.all(
          reports.map((report, at) => ask(base, report, wants[at]?.needs ?? "-")),
        );
        const answers = asked.flatMap((one) => (one === undefined ? [] : [applied(one)]));
        if (answers.length === 0) return false;
        await applyPortions.run(redis, base, { nowMs: clock.nowMs(), answers });
        return answers.some(({ more }) => more);
      }),
    giveBack: (base, keys) =>
      asStoreCall("giving back portions of keys' budgets", async () => {
        await Promise.all(keys.map((key) => reduce(base, key, NOTHING)));
      }),
  };
}
