import { create } from "@bufbuild/protobuf";
import type { ApiKeyRecord, Engine } from "@millrace/engine";
import {
  CreateApiKeyRequestSchema,
  type KeyBudget as KeyBudgetMessage,
} from "@millrace/proto/admin-service";
import type { Clock, KeyId } from "@millrace/shared";
import { budgetOf } from "../messages/key-budget-message.ts";
import type { Operator } from "../tokens/operator-tokens.ts";
import type { RecordChange } from "./record-change.ts";

export interface NewApiKey {
  readonly keyId: KeyId;
  readonly name: string;
  readonly budget: KeyBudgetMessage | undefined;
  readonly secretHash: Buffer;
}

export type StoreApiKey = (key: NewApiKey, by: Operator) => Promise<ApiKeyRecord>;

/** Stores a key. A key that exists already keeps its secret and is returned. */
export const storeApiKey =
  (
    engine: {
      readonly apiKeys: Pick<Engine["apiKeys"], "put">;
      readonly keyBudgets: Pick<Engine["keyBudgets"], "set">;
    },
    record: RecordChange,
    clock: Clock,
  ): StoreApiKey =>
  ({ keyId, name, budget, secretHash }, by) => {
    const schema = CreateApiKeyRequestSchema;
    const request = create(schema, { name, ...(budget && { budget }) });
    return record({ by, action: "CreateApiKey", subject: keyId, schema, request }, async () => {
      // The budget comes first, so that the key never works without its limits.
      if (budget !== undefined) await engine.keyBudgets.set(keyId, budgetOf(budget));
      return engine.apiKeys.put({ keyId, name, secretHash, createdMs: clock.nowMs() });
    });
  };
