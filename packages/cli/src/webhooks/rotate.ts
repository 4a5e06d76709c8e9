import type { Command } from "commander";
import { given } from "../given.ts";
import { note } from "../output.ts";
import type { Shell } from "../shell.ts";
import { timeText } from "../times.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { bringsSecret, type SecretOptions, secretOption } from "./secret-option.ts";
import { showSecret } from "./webhook-text.ts";

interface Options extends CallerOptions, SecretOptions {
  readonly callbacks?: boolean;
  readonly revokeFormer?: boolean;
}

export function rotateWebhookCommand(webhooks: Command, shell: Shell): void {
  const command = webhooks
    .command("rotate")
    .summary("give an endpoint a new secret")
    .description(
      "Gives an endpoint a new secret, and prints it. Requests are signed with both secrets for 24 hours.",
    )
    .argument("[endpoint-id]", "the endpoint; left out with --callbacks")
    .option("--callbacks", "rotate the secret of the callbacks of jobs and groups")
    .option("--revoke-former", "stop the former secret at once, for example because it leaked")
    .action((endpointId: string | undefined, options: Options) => {
      if ((endpointId === undefined) !== (options.callbacks === true)) {
        command.error("error: name an endpoint, or use --callbacks");
      }
      return withMillrace(shell, options, async ({ webhooks: calls }) => {
        const { revokeFormer } = options;
        const how = {
          signal: shell.interrupted,
          ...given({ secret: bringsSecret(options), revokeFormer }),
        };
        const rotated =
          endpointId === undefined
            ? await calls.rotateCallbackSecret(how)
            : await calls.rotate(endpointId, how);
        showSecret(shell, options, rotated);
        const { formerSecretExpireTime: until } = rotated;
        if (until !== undefined && !options.json) {
          note(shell, `Requests are signed with the former secret too until ${timeText(until)}.`);
        }
      });
    })
    .addHelpText(
      "after",
      `
Examples:
  $ millrace webhooks rotate we_01JDXW5T5Q6M3C9N2V8K4H7R1B
  $ millrace webhooks rotate we_01JDXW5T5Q6M3C9N2V8K4H7R1B --revoke-former    # the secret leaked`,
    );
  callerOptions(secretOption(command));
}
