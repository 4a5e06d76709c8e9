import type { Engine } from "@millrace/engine";
import type { ExternalScaler } from "@millrace/proto/external-scaler";
import type { Handler } from "@millrace/runtime";
import { type Clock, createWake, sleep } from "@millrace/shared";
import { jobsFor, queuesFor } from "../../scaling/jobs-for.ts";
import { scalingTarget } from "../../scaling/scaling-target.ts";

/** How often the work is read without news of it, and how soon after a reading it is read again because of news. */
const READ_EVERY_MS = 5_000;
const READ_AGAIN_MS = 1_000;

/** Says whether there is work, at once and at each change. New work is seen within a second. */
export const streamIsActive = (
  engine: Pick<Engine, "demand" | "queues" | "recentQueue" | "subscribe">,
  clock: Clock,
): Handler<(typeof ExternalScaler)["method"]["streamIsActive"], undefined> =>
  async function* ({ scalerMetadata }, { signal, leaving }) {
    const target = scalingTarget(scalerMetadata);
    const ended = AbortSignal.any([signal, leaving]);
    const news = createWake();
    await using subscriptions = new AsyncDisposableStack();
    for (const queue of await queuesFor(engine, target)) {
      const listener = ({ kind }: { readonly kind: string }) => {
        if (kind === "work" || kind === "resync") news.wake();
      };
      subscriptions.use(await engine.subscribe(queue, listener));
    }
    ended.addEventListener("abort", news.wake, { once: true });
    let told: boolean | undefined;
    while (!ended.aborted) {
      const result = (await jobsFor(engine, target)) > 0;
      if (result !== told) yield { result };
      told = result;
      await sleep(clock, READ_AGAIN_MS, ended);
      const timer = clock.after(READ_EVERY_MS - READ_AGAIN_MS, news.wake);
      await news.wait();
      timer.cancel();
    }
  };
