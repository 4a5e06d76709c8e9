import type { KeyId } from "@millrace/shared";
import { registryKeys } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreCall } from "../redis/store-fault.ts";
import type { WebhookEndpoint, WebhookEndpoints, WebhooksOfKey } from "./contract.ts";
import type { Subscriptions } from "./subscriptions.ts";
import { type Edited, webhooksOfKeys } from "./webhooks-of-keys.ts";

export function endpointRegistry(
  redis: Store,
  rootPrefix: string,
  subscriptions: Subscriptions,
): WebhookEndpoints {
  const owners = registryKeys(rootPrefix).webhookOwners;
  const { read, edit: editKey } = webhooksOfKeys(redis, rootPrefix, subscriptions);
  const ownerOf = async (id: string): Promise<KeyId | undefined> =>
    ((await redis.hget(owners, id)) ?? undefined) as KeyId | undefined;
  const ofKey = async (keyId: KeyId) => (await read([keyId]))[0] as WebhooksOfKey;

  return {
    create: (endpoint, most) =>
      asStoreCall("creating a webhook endpoint", async () => {
        // An owner without an endpoint does no harm. An endpoint without an owner could not be found.
        await redis.hset(owners, endpoint.id, endpoint.keyId);
        const kind = await editKey(endpoint.keyId, (webhooks) => withNew(webhooks, endpoint, most));
        if (kind === "REPEATED") await subscriptions.sync();
        else if (kind !== "CREATED") await redis.hdel(owners, endpoint.id);
        return { kind: kind === "REPEATED" ? "CREATED" : kind } as const;
      }),
    get: (id) =>
      asStoreCall("reading a webhook endpoint", async () => {
        const keyId = await ownerOf(id);
        return keyId && find(await ofKey(keyId), id);
      }),
    list: (keyId) =>
      asStoreCall("listing webhook endpoints", async () => (await ofKey(keyId)).endpoints),
    ofKeys: (keyIds) => asStoreCall("reading webhook endpoints", () => read(keyIds)),
    async change(id, edit) {
      // What `edit` throws is the caller's, so it arrives as it is.
      let refusal: { readonly error: unknown } | undefined;
      const changed = await asStoreCall("changing a webhook endpoint", async () => {
        const keyId = await ownerOf(id);
        if (keyId === undefined) return undefined;
        return editKey(keyId, (webhooks) => {
          refusal = undefined;
          try {
            return withChanged(webhooks, id, edit);
          } catch (error) {
            refusal = { error };
            return { outcome: undefined };
          }
        });
      });
      if (refusal !== undefined) throw refusal.error;
      return changed;
    },
    delete: (id) =>
      asStoreCall("deleting a webhook endpoint", async () => {
        const keyId = await ownerOf(id);
        if (keyId === undefined) return false;
        const deleted = await editKey(keyId, (webhooks) => without(webhooks, id));
        await redis.hdel(owners, id);
        return deleted;
      }),
    callbackSecrets: (keyId, made) =>
      asStoreCall("reading the secrets of callbacks", () =>
        editKey(keyId, (webhooks) => {
          const { callbackSecrets } = webhooks;
          if (callbackSecrets.length > 0 || made === undefined) return { outcome: callbackSecrets };
          return { after: { ...webhooks, callbackSecrets: [made] }, outcome: [made] };
        }),
      ),
    changeCallbackSecrets: (keyId, edit) =>
      asStoreCall("changing the secrets of callbacks", () =>
        editKey(keyId, (webhooks) => {
          const callbackSecrets = edit(webhooks.callbackSecrets);
          return { after: { ...webhooks, callbackSecrets }, outcome: callbackSecrets };
        }),
      ),
  };
}

const find = ({ endpoints }: WebhooksOfKey, id: string): WebhookEndpoint | undefined =>
  endpoints.find((endpoint) => endpoint.id === id);

function withNew(
  webhooks: WebhooksOfKey,
  endpoint: WebhookEndpoint,
  most: number,
): Edited<"CREATED" | "REPEATED" | "FULL" | "NAME_TAKEN"> {
  const { endpoints } = webhooks;
  if (find(webhooks, endpoint.id) !== undefined) return { outcome: "REPEATED" };
  if (endpoint.name !== "" && endpoints.some(({ name }) => name === endpoint.name)) {
    return { outcome: "NAME_TAKEN" };
  }
  if (endpoints.length >= most) return { outcome: "FULL" };
  return { after: { ...webhooks, endpoints: [...endpoints, endpoint] }, outcome: "CREATED" };
}

function withChanged(
  webhooks: WebhooksOfKey,
  id: string,
  edit: Parameters<WebhookEndpoints["change"]>[1],
): Edited<WebhookEndpoint | undefined> {
  const before = find(webhooks, id);
  const others = webhooks.endpoints.filter((one) => one !== before);
  const outcome = before && edit(before, others);
  if (outcome === undefined || outcome === before) return { outcome };
  const endpoints = webhooks.endpoints.map((one) => (one.id === id ? outcome : one));
  return { after: { ...webhooks, endpoints }, outcome };
}

function without(webhooks: WebhooksOfKey, id: string): Edited<boolean> {
  const endpoints = webhooks.endpoints.filter((one) => one.id !== id);
  if (endpoints.length === webhooks.endpoints.length) return { outcome: false };
  return { after: { ...webhooks, endpoints }, outcome: true };
}
