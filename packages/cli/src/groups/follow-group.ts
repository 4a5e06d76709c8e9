import type { Group, GroupHandle } from "@millrace/client";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { statusLine } from "../status-line.ts";
import { progressText } from "./group-text.ts";

/** Follows a group to its end. Throws a Failure if it did not succeed. Ctrl-C throws one too, and the group goes on. */
export async function followGroup(shell: Shell, group: GroupHandle, json: boolean): Promise<void> {
  const status = statusLine(shell.err);
  let last: Group | undefined;
  try {
    for await (const now of group.watch({ signal: shell.interrupted })) {
      last = now;
      if (json) writeJson(shell, now);
      else status.show(lineOf(now));
    }
  } catch (error) {
    if (!shell.interrupted.aborted) throw error;
    throw new Failure(
      exitCodes.interrupted,
      `Stopped watching; the group goes on. To watch it again, run: millrace groups watch ${group.id}`,
    );
  } finally {
    status.clear();
  }
  if (last === undefined) return;
  if (!json) writeText(shell, lineOf(last));
  if (last.state === "SUCCEEDED") return;
  const why = last.cancelReason === undefined ? "" : `: ${last.cancelReason}`;
  throw new Failure(exitCodes.failed, `${last.id} ended as ${last.state}${why}`);
}

const lineOf = ({ state, progress }: Group): string => `${state}: ${progressText(progress)}`;
