import type { Admin } from "@millrace/client/admin";
import {
  AdminService,
  type AuditFinding,
  type AuditResponse,
  AuditResponseSchema,
} from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { exitCodes } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { writeMessage } from "./messages.ts";
import { writeText } from "./output.ts";
import type { Shell } from "./shell.ts";
import { statusLine } from "./status-line.ts";
import { table } from "./table.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "./with-admin.ts";

interface AuditOptions extends OperatorOptions {
  readonly repair?: boolean;
}

export function auditCommand(program: Command, shell: Shell): void {
  const command = program
    .command("audit")
    .summary("look for what must always hold and does not")
    .description(
      "Looks over all queues and provider accounts for broken invariants, while they are in use. It changes nothing unless --repair is given. What it finds is a bug, or was written by something else: the exit code is 1 then, unless all of it was mended.",
    )
    .option("--repair", "mend what is provably wrong, and say what was done")
    .action((options: AuditOptions) =>
      withAdmin(shell, options, (admin) => audit(shell, admin, options)),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace audit
  $ millrace audit --repair
  $ millrace audit --json | jq -c '.findings[]?'`,
    );
  operatorOptions(command);
}

async function audit(
  shell: Shell,
  admin: Admin,
  { json, repair = false }: AuditOptions,
): Promise<void> {
  const status = statusLine(shell.err);
  let last: AuditResponse | undefined;
  try {
    const request = { repair };
    const answers = admin.stream(AdminService.method.audit, request, { signal: shell.interrupted });
    for await (const answer of answers) {
      status.show(`${answer.shardsDone} of ${answer.shards} shards, ${answer.jobs} jobs`);
      if (!answer.done) continue;
      last = answer;
      status.clear();
      if (json) writeMessage(shell, AuditResponseSchema, answer);
      else writeText(shell, textOf(answer));
    }
  } finally {
    status.clear();
  }
  if (last === undefined) throw new Failure(exitCodes.failed, "It was cut. Run it again.");
  if ((repair ? last.left : last.findings).length === 0) return;
  throw new Failure(
    exitCodes.failed,
    repair
      ? "What is left cannot be mended by itself: nobody can say what is right. Keep a copy of the database, and report it."
      : "What must hold does not. Keep a copy of the database, and report it; `millrace audit --repair` mends what it can.",
  );
}

function textOf({ findings, repairs, left, jobs, shards }: AuditResponse): string {
  const looked = `${jobs} jobs in ${shards} ${shards === 1 ? "shard" : "shards"}`;
  if (findings.length === 0) return `All is well: ${looked}.`;
  if (repairs.length === 0) return findingsTable(findings);
  const mended = table(
    ["OF", "MENDED"],
    repairs.map(({ subject, done }) => [subject, done]),
  );
  return left.length === 0 ? mended : `${mended}\n\n${findingsTable(left)}`;
}

function findingsTable(findings: readonly AuditFinding[]): string {
  const rows = findings.map((found) => [String(found.invariant), found.subject, found.problem]);
  return table(["INVARIANT", "OF", "PROBLEM"], rows);
}
