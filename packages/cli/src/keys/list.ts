import { type ApiKey, ApiKeySchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { allKeys } from "./find-key.ts";
import { keyTable } from "./show-key.ts";

interface Options extends OperatorOptions {
  readonly all?: boolean;
}

export function listKeysCommand(keys: Command, shell: Shell): void {
  const command = keys
    .command("list")
    .summary("list API keys and their budgets")
    .description(
      "Lists API keys by id, with their budgets and the bytes that their jobs take now in all queues. A dash means that there is no limit.",
    )
    .option("--all", "also show revoked keys")
    .action(({ all = false, ...options }: Options) =>
      withAdmin(shell, options, async (admin) => {
        const shown: ApiKey[] = [];
        for await (const key of allKeys(admin, shell.interrupted)) {
          if (key.revokeTime === undefined || all) shown.push(key);
        }
        if (options.json) for (const key of shown) writeMessage(shell, ApiKeySchema, key);
        else
          writeText(shell, shown.length === 0 ? "There are no API keys." : keyTable(shown, true));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace keys list
  $ millrace keys list --all --json | jq -r 'select(.name == "shop").keyId'`,
    );
  operatorOptions(command);
}
