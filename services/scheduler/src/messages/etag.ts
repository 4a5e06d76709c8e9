import { createHash } from "node:crypto";
import { create, type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { Model, ProviderAccount, QueueDefinition, WebhookEndpoint } from "@millrace/engine";
import { ModelSchema } from "@millrace/proto/admin-model";
import {
  type ApiKey,
  ApiKeySchema,
  ProviderAccountSchema,
  QueueSchema,
} from "@millrace/proto/admin-service";
import { WebhookEndpointSchema } from "@millrace/proto/webhook-endpoint";
import { modelMessage } from "./model-message.ts";
import { providerAccountMessage } from "./provider-account-message.ts";
import { queueMessage } from "./queue-message.ts";

/** The etag of something that does not exist. */
const NONE = "none";

/** Equal content gives an equal etag on every replica, so no replica has to store etags. */
const etagOf = <Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): string =>
  createHash("sha256").update(toBinary(schema, message)).digest("base64url").slice(0, 22);

export const queueEtag = (queue: QueueDefinition | undefined): string =>
  queue === undefined ? NONE : etagOf(QueueSchema, queueMessage(queue));

export const accountEtag = (account: ProviderAccount | undefined): string =>
  account === undefined ? NONE : etagOf(ProviderAccountSchema, providerAccountMessage(account));

export const modelEtag = (model: Model | undefined): string =>
  model === undefined ? NONE : etagOf(ModelSchema, modelMessage(model));

/** Covers the fields that UpdateApiKey changes. A rotation or a revocation does not change the etag. */
export const keyEtag = ({
  keyId,
  name,
  budget,
}: Pick<ApiKey, "keyId" | "name" | "budget">): string =>
  etagOf(ApiKeySchema, create(ApiKeySchema, { keyId, name, ...(budget && { budget }) }));

/** Covers the fields that UpdateWebhookEndpoint changes. A rotation or a failed request does not change the etag. */
export const webhookEtag = (endpoint: WebhookEndpoint): string => {
  const { id, name, url, eventTypes, includeResult, enabled } = endpoint;
  return etagOf(
    WebhookEndpointSchema,
    create(WebhookEndpointSchema, {
      ...{ id, name, url, includeResult, enabled },
      eventTypes: [...eventTypes],
      queues: [...(endpoint.queues ?? [])],
    }),
  );
};
