import { type Job, type Millrace, MillraceError, type WatchEvent } from "@millrace/client";
import { isFinal } from "@millrace/shared";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { note, writeJson, writeRaw, writeText } from "../output.ts";
import { printableJson } from "../printable.ts";
import type { Shell } from "../shell.ts";
import { statusLine } from "../status-line.ts";
import { childrenProgress } from "./children-progress.ts";

export interface FollowOptions {
  readonly fromOffset: number;
  readonly json: boolean;
  /** True writes the text as it comes. False writes only the result. */
  readonly stream: boolean;
  /** The command that watches a job. Default: millrace watch. */
  readonly command?: string;
}

/** Where the events come from. */
export interface Followed {
  readonly watch: (
    jobId: string,
    options: { readonly fromOffset: number; readonly signal: AbortSignal },
  ) => AsyncIterable<WatchEvent>;
  /** What shows the progress of the children that the job waits for. Left out: nothing does. */
  readonly children?: (show: (text: string) => void) => ReturnType<typeof childrenProgress>;
}

const NO_CHILDREN: ReturnType<typeof childrenProgress> = {
  at: () => undefined,
  stop: () => undefined,
};

/** Follows a job of the caller. */
export const followedBy = (millrace: Millrace): Followed => ({
  watch: (jobId, options) => millrace.watch(jobId, options),
  children: (show) => childrenProgress(millrace, show),
});

/**
 * Follows a job to its end. Throws a Failure if the job has no result. Ctrl-C also throws one, and the job
 * continues.
 */
export async function follow(
  shell: Shell,
  { watch, children: progressOf = () => NO_CHILDREN }: Followed,
  jobId: string,
  options: FollowOptions,
): Promise<void> {
  const screen = options.json ? jsonScreen(shell, options) : textScreen(shell, options);
  let next = options.fromOffset;
  const children = progressOf(screen.progress);
  let last: Job | undefined;
  try {
    const events = watch(jobId, { fromOffset: next, signal: shell.interrupted });
    for await (const event of events) {
      if (event.kind === "job") last = event.job;
      else next = event.offset + 1;
      screen.show(event);
      if (event.kind === "job" && shell.err.isTTY && !options.json) children.at(event.job);
    }
  } catch (error) {
    children.stop();
    screen.end();
    if (!shell.interrupted.aborted) {
      // A caller who waits only for the result gets it, even if earlier output is no longer kept.
      const gone = error instanceof MillraceError && error.reason === "OUTPUT_GONE";
      if (options.stream || !gone || last === undefined || !isFinal(last.state)) throw error;
      return assertSucceeded(last);
    }
    throw new Failure(
      exitCodes.interrupted,
      `Stopped watching; the job continues. To watch it again, run: ${options.command ?? "millrace watch"} ${jobId}${next === 0 ? "" : ` --from ${next}`}`,
    );
  }
  children.stop();
  screen.end();
  if (last !== undefined) assertSucceeded(last);
}

function assertSucceeded({ id, state, failure }: Job): void {
  if (state === "SUCCEEDED") return;
  const { reason, message } = failure ?? { reason: state, message: "" };
  throw new Failure(
    exitCodes.failed,
    [`${id} ended as ${state}`, reason === state ? "" : reason, message]
      .filter((part) => part !== "")
      .join(": "),
  );
}

interface Screen {
  show(event: WatchEvent): void;
  /** Shows what the job waits for. */
  progress(text: string): void;
  end(): void;
}

const jsonScreen = (shell: Shell, { stream }: FollowOptions): Screen => ({
  show(event) {
    if (stream) writeJson(shell, event);
    else if (event.kind === "job" && isFinal(event.job.state)) writeJson(shell, event.job);
  },
  progress: () => undefined,
  end: () => undefined,
});

function textScreen(shell: Shell, { stream }: FollowOptions): Screen {
  const status = statusLine(shell.err);
  let wrote = false;
  let lineOpen = false;
  const endLine = () => {
    if (lineOpen) writeText(shell, "");
    lineOpen = false;
  };
  return {
    show(event) {
      switch (event.kind) {
        case "text":
          if (!stream || event.text === "") return;
          status.clear();
          writeRaw(shell, event.text);
          wrote = true;
          lineOpen = !event.text.endsWith("\n");
          return;
        case "progress":
          // A status line here would overwrite the last line of the text.
          if (!wrote) status.show(progressText(event));
          return;
        case "reset":
          endLine();
          status.clear();
          if (wrote) note(shell, `Attempt ${event.attempt} begins. Ignore the text above.`);
          wrote = false;
          return;
        case "job":
          if (!isFinal(event.job.state)) {
            if (!wrote) status.show(`${event.job.state} …`);
            return;
          }
          status.clear();
          if (!wrote && event.job.state === "SUCCEEDED") {
            writeText(shell, printableJson(event.job.result ?? null, 2));
          }
          return;
        case "data":
          return;
      }
    },
    progress(text) {
      if (!wrote) status.show(text);
    },
    end() {
      endLine();
      status.clear();
    },
  };
}

const progressText = ({ done, total, message }: WatchEvent & { readonly kind: "progress" }) =>
  [total === 0 ? String(done) : `${done} of ${total}`, message]
    .filter((part) => part !== "")
    .join(" · ");
