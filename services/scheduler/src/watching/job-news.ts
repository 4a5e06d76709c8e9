import type { Engine } from "@millrace/engine";
import { createWake, type GroupId, type JobId, type QueueName } from "@millrace/shared";

export interface JobNews extends AsyncDisposable {
  /** The end of the job's output, as far as known. */
  readonly end: number;
  foundOutput(end: number): void;
  /** Whether the job or group may have changed since the last call; true for the first call. */
  takeChanged(): boolean;
  /** Resolves once something may have happened, or a signal has aborted. */
  arrived(): Promise<void>;
}

/** Collects the store's signals about one job or group. */
export async function jobNews(
  engine: Pick<Engine, "subscribe">,
  queue: QueueName,
  id: JobId | GroupId,
  endings: readonly AbortSignal[],
): Promise<JobNews> {
  let end = 0;
  let changed = true;
  const { wake, wait } = createWake();
  const foundOutput = (nextOffset: number) => {
    end = Math.max(end, nextOffset);
  };
  const subscription = await engine.subscribe(
    queue,
    (hint) => {
      if (hint.kind === "output") foundOutput(hint.nextOffset);
      else changed = true;
      wake();
    },
    id,
  );
  for (const ending of endings) ending.addEventListener("abort", wake, { once: true });
  return {
    get end() {
      return end;
    },
    foundOutput,
    takeChanged() {
      const was = changed;
      changed = false;
      return was;
    },
    arrived: wait,
    async [Symbol.asyncDispose]() {
      for (const ending of endings) ending.removeEventListener("abort", wake);
      await subscription[Symbol.asyncDispose]();
    },
  };
}
