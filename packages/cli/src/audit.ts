import type { Admin } from "@millrace/client/admin";
import {
  AdminService,
  type AuditFinding,
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

export function auditCommand(program: Command, shell: Shell): void {
  const command = program
    .command("audit")
    .summary("look for what must always hold and does not")
    .description(
      "Looks over all queues and provider accounts for broken invariants, while they are in use. It changes nothing. What it finds is a bug, or was written by something else: the exit code is 1 then.",
    )
    .action((options: OperatorOptions) =>
      withAdmin(shell, options, (admin) => audit(shell, admin, options)),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace audit
  $ millrace audit --json | jq -c '.findings[]?'`,
    );
  operatorOptions(command);
}

async function audit(shell: Shell, admin: Admin, { json }: OperatorOptions): Promise<void> {
  const status = statusLine(shell.err);
  let findings: readonly AuditFinding[] | undefined;
  try {
    const answers = admin.stream(AdminService.method.audit, {}, { signal: shell.interrupted });
    for await (const answer of answers) {
      status.show(`${answer.shardsDone} of ${answer.shards} shards, ${answer.jobs} jobs`);
      if (!answer.done) continue;
      findings = answer.findings;
      status.clear();
      if (json) writeMessage(shell, AuditResponseSchema, answer);
      else writeText(shell, textOf(findings, answer.jobs, answer.shards));
    }
  } finally {
    status.clear();
  }
  if (findings === undefined) throw new Failure(exitCodes.failed, "It was cut. Run it again.");
  if (findings.length > 0) {
    throw new Failure(
      exitCodes.failed,
      "What must hold does not. Keep a copy of the database, and report it.",
    );
  }
}

function textOf(findings: readonly AuditFinding[], jobs: bigint, shards: number): string {
  const looked = `${jobs} jobs in ${shards} ${shards === 1 ? "shard" : "shards"}`;
  if (findings.length === 0) return `All is well: ${looked}.`;
  const rows = findings.map((found) => [String(found.invariant), found.subject, found.problem]);
  return table(["INVARIANT", "OF", "PROBLEM"], rows);
}
