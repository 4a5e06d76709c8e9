import { AdminService, ApiKeySchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { writeMessage } from "../messages.ts";
import { note, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";

export function revokeKeyCommand(keys: Command, shell: Shell): void {
  const command = keys
    .command("revoke")
    .summary("revoke an API key for good")
    .description(
      "Revokes an API key for good. Nobody can call with it any more. Its jobs continue.",
    )
    .argument("<key-id>")
    .action((keyId: string, options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const { apiKey } = await admin.call(
          AdminService.method.revokeApiKey,
          { keyId },
          { signal: shell.interrupted },
        );
        if (options.json) return writeMessage(shell, ApiKeySchema, apiKey);
        writeText(shell, `${keyId} is revoked.`);
        note(shell, "Gateways refuse the key within MILLRACE_KEY_CACHE_MS (default 10 s).");
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace keys revoke k7f3q2m9ab`,
    );
  operatorOptions(command);
}
