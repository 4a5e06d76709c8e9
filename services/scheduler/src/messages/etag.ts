import { createHash } from "node:crypto";
import { create, type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { ProviderAccount, QueueDefinition } from "@millrace/engine";
import {
  type ApiKey,
  ApiKeySchema,
  ProviderAccountSchema,
  QueueSchema,
} from "@millrace/proto/admin-service";
import { providerAccountMessage } from "./provider-account-message.ts";
import { queueMessage } from "./queue-message.ts";

/** The etag of what is not there. */
const NONE = "none";

/** The same for the same content, whoever computes it: no replica has to remember anything. */
const etagOf = <Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): string =>
  createHash("sha256").update(toBinary(schema, message)).digest("base64url").slice(0, 22);

export const queueEtag = (queue: QueueDefinition | undefined): string =>
  queue === undefined ? NONE : etagOf(QueueSchema, queueMessage(queue));

export const accountEtag = (account: ProviderAccount | undefined): string =>
  account === undefined ? NONE : etagOf(ProviderAccountSchema, providerAccountMessage(account));

/** Of what UpdateApiKey changes: a rotation or a revocation leaves it. */
export const keyEtag = ({
  keyId,
  name,
  budget,
}: Pick<ApiKey, "keyId" | "name" | "budget">): string =>
  etagOf(ApiKeySchema, create(ApiKeySchema, { keyId, name, ...(budget && { budget }) }));
