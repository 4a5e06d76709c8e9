import type { Engine } from "@millrace/engine";
import { providerAccountStatusMessage } from "../../messages/provider-account-status.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import { isEndpointPool } from "../../webhooks/endpoint-circuits.ts";

export const listProviderAccounts =
  (engine: {
    readonly providerAccounts: Pick<Engine["providerAccounts"], "list">;
  }): AdminHandler<"listProviderAccounts"> =>
  async () => {
    // The state of a webhook endpoint is shown by the endpoint.
    const accounts = await engine.providerAccounts.list((name) => !isEndpointPool(name));
    return { accounts: accounts.map(providerAccountStatusMessage) };
  };
