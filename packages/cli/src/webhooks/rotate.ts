import type { Command } from "commander";
import type { ConnectionOptions } from "../connection-options.ts";
import { given } from "../given.ts";
import { note } from "../output.ts";
import type { Shell } from "../shell.ts";
import { timeText } from "../times.ts";
import type { WebhookOwner } from "./owner.ts";
import { bringsSecret, type SecretOptions, secretOption } from "./secret-option.ts";
import { showSecret } from "./webhook-text.ts";

interface Options extends ConnectionOptions, SecretOptions {
  readonly callbacks?: boolean;
  readonly revokeFormer?: boolean;
}

export function rotateWebhookCommand(webhooks: Command, shell: Shell, owner: WebhookOwner): void {
  const command = webhooks
    .command("rotate")
    .summary("give an endpoint a new secret")
    .description(
      "Gives an endpoint a new secret, and prints it. Requests are signed with both secrets for 24 hours.",
    )
    .argument("[endpoint-id]", "the endpoint; left out with --callbacks")
    .option("--revoke-former", "stop the former secret at once, for example because it leaked")
    .action((endpointId: string | undefined, options: Options) => {
      if ((endpointId === undefined) !== (options.callbacks === true)) {
        command.error(
          owner.group === "webhooks"
            ? "error: name an endpoint, or use --callbacks"
            : "error: name an endpoint",
        );
      }
      return owner.run(shell, options, async (calls) => {
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
  $ millrace ${owner.group} rotate we_01JDXW5T5Q6M3C9N2V8K4H7R1B
  $ millrace ${owner.group} rotate we_01JDXW5T5Q6M3C9N2V8K4H7R1B --revoke-former    # the secret leaked`,
    );
  if (owner.group === "webhooks") {
    command.option("--callbacks", "rotate the secret of the callbacks of jobs and groups");
  }
  owner.options(secretOption(command));
}
