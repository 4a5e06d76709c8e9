import {
  AdminService,
  type ConnectedWorker,
  ConnectedWorkerSchema,
} from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { writeMessage } from "../messages.ts";
import { note, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { timeText } from "../times.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";

export function listWorkersCommand(workers: Command, shell: Shell): void {
  const command = workers
    .command("list")
    .summary("list the workers that are connected")
    .description(
      "Lists the workers that are connected to any scheduler, each with its scheduler and the name of its token.",
    )
    .action((options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const { method } = AdminService;
        const call = { signal: shell.interrupted };
        const { workers: all, schedulerId } = await admin.call(method.listWorkers, {}, call);
        if (options.json) for (const one of all) writeMessage(shell, ConnectedWorkerSchema, one);
        else writeText(shell, all.length === 0 ? "There are no workers." : workerTable(all));
        note(shell, `Answered by scheduler ${schedulerId}.`);
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace workers list
  $ millrace workers list --json | jq 'select(.queues | index("documents")).workerId'`,
    );
  operatorOptions(command);
}

const workerTable = (workers: readonly ConnectedWorker[]): string =>
  table(
    [
      ...["WORKER", "VERSION", "SCHEDULER", "TOKEN", "QUEUES", "POOLS", "TYPES"],
      ...["RUNNING", "SLOTS", "FREE", "SINCE", "HEARD"],
    ],
    workers.map((worker) => [
      ...[worker.workerId, worker.version, worker.schedulerId, worker.tokenName],
      ...[worker.queues.join(","), worker.pools.join(",")],
      worker.types.length === 0 ? "any" : worker.types.join(","),
      ...[String(worker.running), String(worker.slots)],
      worker.draining ? "drains" : String(worker.freeSlots),
      ...[timeText(worker.connectTime) ?? "", timeText(worker.lastHeartbeatTime) ?? ""],
    ]),
  );
