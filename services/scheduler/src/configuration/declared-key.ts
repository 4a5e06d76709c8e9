import { create, equals } from "@bufbuild/protobuf";
import { type ApiKeyRecord, type KeyBudget, OPERATOR_KEY } from "@millrace/engine";
import {
  type DeclaredApiKey,
  KeyBudgetSchema,
  UpdateApiKeyRequestSchema,
} from "@millrace/proto/admin-service";
import { budgetMessage } from "../messages/key-budget-message.ts";
import type { AdminHandler } from "../operators/admin-handler.ts";
import { keyIdOf } from "../operators/existing-key.ts";
import type { StoreApiKey } from "../operators/store-api-key.ts";
import type { Operator } from "../tokens/operator-tokens.ts";
import type { Step } from "./step.ts";

/** What the store holds of a key. */
export interface KnownKey {
  readonly record: ApiKeyRecord;
  readonly budget: KeyBudget | undefined;
}

/** Decides on a key. An existing key keeps what is not declared. A new key is created from the hash of its secret. */
export function declaredKey(
  key: DeclaredApiKey,
  path: string,
  before: KnownKey | undefined,
  calls: { readonly updateApiKey: AdminHandler<"updateApiKey">; readonly storeApiKey: StoreApiKey },
  by: Operator,
): Step {
  if (key.keyId === OPERATOR_KEY) {
    const description = `the id ${OPERATOR_KEY} is reserved for what belongs to operators: use another`;
    return { kind: "wrong", field: `${path}.key_id`, description };
  }
  return before === undefined
    ? newKey(key, path, calls.storeApiKey, by)
    : changedKey(key, before, calls.updateApiKey, by);
}

function newKey(key: DeclaredApiKey, path: string, storeApiKey: StoreApiKey, by: Operator): Step {
  const { keyId, name, secretSha256, budget } = key;
  if (secretSha256 === "") {
    const description = `there is no API key ${keyId}: create it with \`millrace keys create\`, or declare its secret_sha256 and name (\`millrace keys generate\`)`;
    return { kind: "wrong", field: `${path}.key_id`, description };
  }
  if (name === undefined) {
    const description = `API key ${keyId} is new: declare its name`;
    return { kind: "wrong", field: `${path}.name`, description };
  }
  const secretHash = Buffer.from(secretSha256, "hex");
  const make = () => storeApiKey({ keyId: keyIdOf(keyId), name, budget, secretHash }, by);
  return { kind: "change", action: "CreateApiKey", subject: keyId, make };
}

function changedKey(
  { keyId, name, secretSha256, budget }: DeclaredApiKey,
  before: KnownKey,
  updateApiKey: AdminHandler<"updateApiKey">,
  by: Operator,
): Step {
  const { record } = before;
  const note = noteOf(record, secretSha256);
  const changes = {
    ...(name === undefined || name === record.name ? {} : { name }),
    ...(budget === undefined || equals(KeyBudgetSchema, budget, budgetMessage(before.budget ?? {}))
      ? {}
      : { budget }),
  };
  if (Object.keys(changes).length === 0) return { kind: "none", ...note };
  const request = create(UpdateApiKeyRequestSchema, { keyId, ...changes });
  const make = () => updateApiKey(request, { identity: by });
  return { kind: "change", action: "UpdateApiKey", subject: keyId, make, ...note };
}

function noteOf(record: ApiKeyRecord, secretSha256: string): { readonly note?: string } {
  const { keyId, revokedMs, secretHash, oldSecret } = record;
  if (revokedMs !== undefined) {
    return { note: `API key ${keyId} is revoked for good: its declaration has no effect` };
  }
  const declared = Buffer.from(secretSha256, "hex");
  if (secretSha256 === "" || declared.equals(secretHash) || oldSecret?.hash.equals(declared)) {
    return {};
  }
  return {
    note: `API key ${keyId} has another secret than the declared one: secret_sha256 only creates keys; change a secret with \`millrace keys rotate\``,
  };
}
