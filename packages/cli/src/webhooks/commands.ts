import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { callbackSecretCommand } from "./callback-secret.ts";
import { createWebhookCommand } from "./create.ts";
import { deleteWebhookCommand } from "./delete.ts";
import { listDeliveriesCommand } from "./deliveries.ts";
import { listWebhooksCommand } from "./list.ts";
import { ofCaller, ofOperators } from "./owner.ts";
import { redeliverCommand } from "./redeliver.ts";
import { rotateWebhookCommand } from "./rotate.ts";
import { showWebhookCommand } from "./show.ts";
import { testWebhookCommand } from "./test.ts";
import { updateWebhookCommand } from "./update.ts";

export function webhookCommands(program: Command, shell: Shell): void {
  const webhooks = program
    .command("webhooks")
    .helpCommand(false)
    .summary("have the ends of jobs and groups sent to a URL")
    .description(
      "Commands for webhook endpoints: URLs to which Millrace sends the ends of the API key's jobs and groups.",
    );
  for (const add of endpointCommands) add(webhooks, shell, ofCaller);
  callbackSecretCommand(webhooks, shell);
}

export function operatorWebhookCommands(program: Command, shell: Shell): void {
  const webhooks = program
    .command("operator-webhooks")
    .helpCommand(false)
    .summary("have jobs that failed for good sent to a URL")
    .description(
      "Commands for operators' webhook endpoints: URLs to which Millrace sends the dead letters of all API keys, by queue.",
    );
  for (const add of endpointCommands) add(webhooks, shell, ofOperators);
}

const endpointCommands = [
  createWebhookCommand,
  listWebhooksCommand,
  showWebhookCommand,
  updateWebhookCommand,
  rotateWebhookCommand,
  testWebhookCommand,
  deleteWebhookCommand,
  listDeliveriesCommand,
  redeliverCommand,
];
