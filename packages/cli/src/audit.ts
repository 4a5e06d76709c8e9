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
    .summary("find broken invariants")
    .description(
      "Checks the invariants of all queues and provider accounts while they are in use. It changes nothing unless --repair is given. A finding is a bug, or another program wrote to the database. The exit code is 1 if there are findings that were not repaired.",
    )
    .option("--repair", "repair what is provably wrong, and print each repair")
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
  if (last === undefined)
    throw new Failure(exitCodes.failed, "The audit was cut off before its end. Run it again.");
  if ((repair ? last.left : last.findings).length === 0) return;
  throw new Failure(
    exitCodes.failed,
    repair
      ? "These findings cannot be repaired automatically, because the right value is not known. Keep a copy of the database, and report them."
      : "Invariants are broken. Keep a copy of the database, and report the findings. `millrace audit --repair` repairs what it can.",
  );
}

function textOf({ findings, repairs, left, jobs, shards }: AuditResponse): string {
  const checked = `${jobs} jobs in ${shards} ${shards === 1 ? "shard" : "shards"}`;
  if (findings.length === 0) return `No findings: ${checked}.`;
  if (repairs.length === 0) return findingsTable(findings);
  const repaired = table(
    ["SUBJECT", "REPAIRED"],
    repairs.map(({ subject, done }) => [subject, done]),
  );
  return left.length === 0 ? repaired : `${repaired}\n\n${findingsTable(left)}`;
}

function findingsTable(findings: readonly AuditFinding[]): string {
  const rows = findings.map((finding) => [
    String(finding.invariant),
    finding.subject,
    finding.problem,
  ]);
  return table(["INVARIANT", "SUBJECT", "PROBLEM"], rows);
}
