import type { Violation } from "@millrace/configuration";
import type { Engine, QueueDefinition, ScheduleRecord } from "@millrace/engine";
import type { Configuration } from "@millrace/proto/admin-service";
import type { AdminHandler } from "../operators/admin-handler.ts";
import type { StoreApiKey } from "../operators/store-api-key.ts";
import type { StoreWebhookEndpoint } from "../operators/store-webhook-endpoint.ts";
import type { ListsWorkers } from "../session/all-workers.ts";
import type { Operator } from "../tokens/operator-tokens.ts";
import { declaredAccount } from "./declared-account.ts";
import { declaredKey, type KnownKey } from "./declared-key.ts";
import { declaredModels } from "./declared-models.ts";
import { declaredQueue } from "./declared-queue.ts";
import { declaredId, declaredSchedule, type PutSchedule } from "./declared-schedule.ts";
import type { WebhookRules } from "./declared-webhook.ts";
import { declaredWebhooks } from "./declared-webhooks.ts";
import type { Step } from "./step.ts";

export interface AppliedChange {
  readonly action: string;
  readonly subject: string;
}

export type AppliedConfiguration =
  | {
      readonly kind: "applied";
      readonly changes: readonly AppliedChange[];
      readonly notes: readonly string[];
    }
  /** No change was made. */
  | { readonly kind: "refused"; readonly violations: readonly Violation[] };

export type ApplyConfiguration = (
  configuration: Configuration,
  by: Operator,
  options?: { readonly dryRun?: boolean },
) => Promise<AppliedConfiguration>;

/** The calls that make the changes. They are the handlers that operators call too. */
export interface ConfigurationCalls {
  readonly putProviderAccount: AdminHandler<"putProviderAccount">;
  readonly putModel: AdminHandler<"putModel">;
  /** The workers that may serve the routes of models. */
  readonly workers: ListsWorkers;
  readonly putQueue: AdminHandler<"putQueue">;
  readonly storeApiKey: StoreApiKey;
  readonly updateApiKey: AdminHandler<"updateApiKey">;
  readonly putSchedule: PutSchedule;
  readonly storeWebhookEndpoint: StoreWebhookEndpoint;
  readonly webhookRules: WebhookRules;
}

/**
 * Changes the store until it agrees with a valid configuration. The applier decides on all changes first, and then makes
 * them with the handlers that operators call. If an outage interrupts it, applying the configuration again makes the
 * remaining changes. Several replicas may apply the same configuration at once: their changes are idempotent.
 */
export function configurationApplier(
  engine: Pick<
    Engine,
    | "queues"
    | "apiKeys"
    | "keyBudgets"
    | "providerAccounts"
    | "models"
    | "getSchedules"
    | "webhookEndpoints"
    | "clock"
  >,
  calls: ConfigurationCalls,
): ApplyConfiguration {
  const decide = async (configuration: Configuration, by: Operator): Promise<Step[]> => {
    const [queues, keys, budgets, accounts, models, catalogue, webhooks] = await Promise.all([
      engine.queues(),
      engine.apiKeys.list(),
      engine.keyBudgets.list(),
      engine.providerAccounts.list(),
      declaredModels(engine, configuration, calls, by),
      engine.models.list(),
      declaredWebhooks(engine, configuration, calls, by),
    ]);
    const queueOf = new Map<string, QueueDefinition>(queues.map((one) => [one.name, one]));
    const accountOf = new Map(accounts.map(({ account }) => [account.name, account]));
    const keyOf = new Map<string, KnownKey>(
      keys.map((record) => [record.keyId, { record, budget: budgets.get(record.keyId) }]),
    );
    const schedules = await knownSchedules(engine, configuration);
    const all = {
      keyIds: new Set(configuration.apiKeys.map(({ keyId }) => keyId)),
      models: new Set(
        [...catalogue, ...configuration.models].flatMap(({ name, aliases = [] }) => [
          ...[name, ...aliases],
        ]),
      ),
      queues: new Set([...queueOf.keys(), ...configuration.queues.map(({ name }) => name)]),
    };
    const nowMs = engine.clock.nowMs();
    return [
      // Limits come first, so that they hold before a new queue accepts jobs.
      ...configuration.providerAccounts.map((account) =>
        declaredAccount(account, accountOf.get(account.name), calls.putProviderAccount, by),
      ),
      ...models,
      ...configuration.apiKeys.map((key, index) =>
        declaredKey(key, `api_keys[${index}]`, keyOf.get(key.keyId), calls, by),
      ),
      ...configuration.queues.map((queue, index) =>
        declaredQueue(queue, `queues[${index}]`, queueOf.get(queue.name), calls.putQueue, by),
      ),
      ...configuration.schedules.map((schedule, index) => {
        const key = keyOf.get(schedule.keyId)?.record;
        const known = { ...all, key, stored: schedules[index] };
        const path = `schedules[${index}]`;
        return declaredSchedule(schedule, path, known, calls.putSchedule, by, nowMs);
      }),
      ...webhooks,
    ];
  };

  return async (configuration, by, { dryRun = false } = {}) => {
    const steps = await decide(configuration, by);
    const violations = steps.flatMap((step) => (step.kind === "wrong" ? [step] : []));
    if (violations.length > 0) {
      return {
        kind: "refused",
        violations: violations.map(({ field, description }) => ({ field, description })),
      };
    }
    const changes: AppliedChange[] = [];
    const notes: string[] = [];
    for (const step of steps) {
      if (step.kind === "wrong") continue;
      if (step.kind === "change") {
        if (!dryRun) await step.make();
        changes.push({ action: step.action, subject: step.subject });
      }
      if (step.note !== undefined) notes.push(step.note);
    }
    return { kind: "applied", changes, notes };
  };
}

/** Reads the schedules that a configuration declares, in its order. */
async function knownSchedules(
  engine: Pick<Engine, "getSchedules">,
  { schedules }: Configuration,
): Promise<readonly (ScheduleRecord | undefined)[]> {
  const ids = schedules.map(declaredId);
  const found = await engine.getSchedules(ids.filter((id) => id !== undefined));
  const stored = new Map(found.map((schedule) => [schedule?.id, schedule]));
  return ids.map((id) => (id === undefined ? undefined : stored.get(id)));
}
