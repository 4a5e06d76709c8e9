import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { auditCommand } from "./audit.ts";
import { changesCommand } from "./changes.ts";
import { completionCommand } from "./completion/command.ts";
import { configurationCommands } from "./configuration/commands.ts";
import { deadLetterCommands } from "./dead-letters/commands.ts";
import { documentCommands } from "./documents/commands.ts";
import { groupCommands } from "./groups/commands.ts";
import { cancelCommand } from "./jobs/cancel.ts";
import { explainCommand } from "./jobs/explain.ts";
import { getCommand } from "./jobs/get.ts";
import { listCommand } from "./jobs/list.ts";
import { submitCommand } from "./jobs/submit.ts";
import { tokenCommand } from "./jobs/token.ts";
import { watchCommand } from "./jobs/watch.ts";
import { keyCommands } from "./keys/commands.ts";
import { modelCommands } from "./models/commands.ts";
import { operatorJobCommands } from "./operator-jobs/commands.ts";
import { providerCommands } from "./providers/commands.ts";
import { queueCommands } from "./queues/commands.ts";
import { scheduleCommands } from "./schedules/commands.ts";
import type { Shell } from "./shell.ts";
import { spendCommand } from "./spend.ts";
import { usageCommand } from "./usage.ts";
import { operatorWebhookCommands, webhookCommands } from "./webhooks/commands.ts";
import { workerCommands } from "./workers/commands.ts";

const afterHelp = `
Settings come from flags or the environment. Secrets come only from the environment or from files:
  callers    MILLRACE_ADDRESS        MILLRACE_API_KEY      or MILLRACE_API_KEY_FILE
  operators  MILLRACE_ADMIN_ADDRESS  MILLRACE_ADMIN_TOKEN  or MILLRACE_ADMIN_TOKEN_FILE

Exit codes: 0 done; 1 the job failed, or Millrace refused; 2 wrong usage; 3 not reachable; 4 not allowed;
5 not found; 130 stopped by Ctrl-C.

Examples:
  $ millrace submit summarize --document report.pdf --watch
  $ millrace list --state running
  $ millrace keys create shop --max-running 4`;

/**
 * Builds the whole command line. It throws every failure: a Failure, or a CommanderError whose message is already
 * printed.
 */
export function millraceProgram(shell: Shell): Command {
  const program = new Command("millrace")
    .version(VERSION, "-V, --version", "print the version of this command")
    .description(
      "Submits and manages jobs, and the API keys, queues, provider accounts and models that they use.",
    )
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.out.write(text),
      // With --json, the caller writes the error as JSON.
      writeErr: (text) => void (shell.json || shell.err.write(text)),
      getOutHelpWidth: () => WIDTH,
      getErrHelpWidth: () => WIDTH,
    })
    .showHelpAfterError("(use --help to see the arguments and flags)")
    .addHelpText("after", afterHelp);
  program.commandsGroup("For callers:");
  for (const add of [
    submitCommand,
    watchCommand,
    getCommand,
    listCommand,
    cancelCommand,
    explainCommand,
    tokenCommand,
    documentCommands,
    groupCommands,
    scheduleCommands,
    webhookCommands,
  ]) {
    add(program, shell);
  }
  program.commandsGroup("For operators:");
  for (const add of [
    operatorJobCommands,
    keyCommands,
    usageCommand,
    spendCommand,
    queueCommands,
    providerCommands,
    modelCommands,
    workerCommands,
    deadLetterCommands,
    operatorWebhookCommands,
    configurationCommands,
    changesCommand,
    auditCommand,
  ]) {
    add(program, shell);
  }
  program.commandsGroup("For shells:");
  completionCommand(program, shell);
  return program;
}

const VERSION: string = manifest.version;

/** A fixed width, because pages and tests quote the help. */
const WIDTH = 100;
