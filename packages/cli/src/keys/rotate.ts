import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { AdminService } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { required } from "../messages.ts";
import type { Shell } from "../shell.ts";
import { duration } from "../values.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { showSecret } from "./show-key.ts";

interface Options extends OperatorOptions {
  readonly grace?: number;
}

export function rotateKeyCommand(keys: Command, shell: Shell): void {
  const command = keys
    .command("rotate")
    .summary("give an API key a new secret")
    .description(
      "Gives an API key a new secret and prints the whole key. The old secret still works for the time of --grace.",
    )
    .argument("<key-id>")
    .option("--grace <duration>", "how long the old secret still works; default 24h", duration)
    .action((keyId: string, { grace, ...options }: Options) =>
      withAdmin(shell, options, async (admin) => {
        const request = { keyId, ...(grace === undefined ? {} : { grace: durationFromMs(grace) }) };
        const { apiKey, key } = await admin.call(AdminService.method.rotateApiKey, request, {
          signal: shell.interrupted,
        });
        showSecret(shell, options, required(apiKey), key);
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace keys rotate k7f3q2m9ab --grace 7d
  $ millrace keys rotate k7f3q2m9ab --grace 0s    # the old secret is known to others`,
    );
  operatorOptions(command);
}
