import { isDeepStrictEqual } from "node:util";
import { type Clock, INTERNAL_QUEUE_PREFIX, jsonText, type QueueName } from "@millrace/shared";
import { changeField } from "../redis/change_field.ts";
import { modelsKey, registryKeys, shardAt } from "../redis/keys.ts";
import type { DefinedQueue } from "../redis/shard-map.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreCall } from "../redis/store-fault.ts";
import { F } from "../redis/stored-names.ts";
import { assertModel } from "./check-model.ts";
import type { Model, ModelLookup, ModelPut, Models } from "./contract.ts";
import { nearestNames } from "./nearest-names.ts";
import { setModels } from "./set_models.ts";
import { routesText } from "./stored-models.ts";

export interface ModelRegistry extends Models {
  /** Copies the catalogue to every shard, or to those of one queue, that a change has not reached. */
  sync(only?: QueueName): Promise<void>;
}

/** The field of the registry's hash that counts its changes. */
const VERSION = "*";
/** A shard's version is this much ahead of the registry's: a new shard has version 0, and one of a Millrace without prices 1 less. */
const VERSIONS_AHEAD = 2;
/** How old the copy is at most by which names are looked up. */
const FRESH_MS = 1_000;
const MOST_MODELS = 1_000;

/** Reads the catalogue, and the version of a shard that has all of it. */
export async function readModels(redis: Store, rootPrefix: string) {
  const stored = await redis.hgetall(registryKeys(rootPrefix).models);
  const { [VERSION]: version = "0", ...texts } = stored;
  const models = Object.values(texts).map((text) => JSON.parse(text) as Model);
  models.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { version: Number(version) + VERSIONS_AHEAD, models, texts };
}

/**
 * The catalogue is stored in the registry, and its routes are copied to every shard, where leases need them. That works as for
 * budgets: budgets/key-budgets.ts describes it. Internal queues have no jobs of models.
 */
export function modelRegistry(
  redis: Store,
  rootPrefix: string,
  queues: () => Promise<readonly DefinedQueue[]>,
  clock: Clock,
): ModelRegistry {
  const key = registryKeys(rootPrefix).models;
  const copies = modelCopies(redis, rootPrefix, queues);
  const names = modelNames(() => readModels(redis, rootPrefix), clock);

  /** `before` is the stored text that must still be there; undefined: any. */
  const write = async (model: Model, before: Model | undefined | "any"): Promise<ModelPut> => {
    assertModel(model);
    const { models, texts } = await readModels(redis, rootPrefix);
    const held = texts[model.name];
    if (before !== "any") {
      const is = held === undefined ? undefined : JSON.parse(held);
      if (!isDeepStrictEqual(is, before && JSON.parse(jsonText(before))))
        return { kind: "changed" };
    }
    const taken = takenName(model, models);
    if (taken !== undefined) return taken;
    if (held === undefined && models.length >= MOST_MODELS) {
      return { kind: "catalogueFull", limit: MOST_MODELS };
    }
    const change = { field: model.name, value: jsonText(model) };
    const checked = before === "any" ? change : { ...change, before: held ?? "" };
    const written = await changeField.run(redis, key, checked);
    if (written === undefined) return { kind: "changed" };
    names.forget();
    await copies.spread(written.version, [model.name, routesText(model)]);
    return { kind: "stored", model };
  };

  return {
    put: (model) => asStoreCall(`storing model ${model.name}`, () => write(model, "any")),
    replace: (before, model) =>
      asStoreCall(`replacing model ${model.name}`, () => write(model, before)),
    get: (name) =>
      asStoreCall(`reading model ${name}`, async () => {
        const text = name === VERSION ? null : await redis.hget(key, name);
        return text === null ? undefined : (JSON.parse(text) as Model);
      }),
    list: () =>
      asStoreCall("listing models", async () => (await readModels(redis, rootPrefix)).models),
    remove: (name) =>
      asStoreCall(`removing model ${name}`, async () => {
        if (name === VERSION) return false;
        const removed = await changeField.run(redis, key, { field: name, value: "" });
        names.forget();
        if (removed !== undefined) await copies.spread(removed.version, [name, ""]);
        return removed?.wasThere === true;
      }),
    lookUp: (name) => asStoreCall(`looking up model ${name}`, () => names.lookUp(name)),
    sync: (only) => asStoreCall("copying models to the shards", () => copies.sync(only)),
  };
}

/** The name of a model that another one has, as its name or as an alias. */
function takenName(model: Model, models: readonly Model[]): ModelPut | undefined {
  const wanted = new Set([model.name, ...(model.aliases ?? [])]);
  for (const other of models) {
    if (other.name === model.name) continue;
    const name = [other.name, ...(other.aliases ?? [])].find((one) => wanted.has(one));
    if (name !== undefined) return { kind: "nameTaken", name, by: other.name };
  }
  return undefined;
}

/** Finds models by their names and aliases, in a copy of the catalogue. A name comes before an equal alias. */
function modelNames(read: () => Promise<{ readonly models: readonly Model[] }>, clock: Clock) {
  let copy:
    | { readonly atMs: number; readonly names: Promise<ReadonlyMap<string, Model>> }
    | undefined;
  const load = async () => {
    const { models } = await read();
    const aliases = models.flatMap((model) =>
      (model.aliases ?? []).map((alias) => [alias, model] as const),
    );
    return new Map([...aliases, ...models.map((model) => [model.name, model] as const)]);
  };
  /** How many times the catalogue was read. */
  let reads = 0;
  const recent = () => {
    const nowMs = clock.nowMs();
    // If the clock was set back, the copy does not count as fresh.
    if (copy !== undefined && nowMs >= copy.atMs && nowMs - copy.atMs < FRESH_MS) return copy.names;
    reads += 1;
    const loaded = { atMs: nowMs, names: load() };
    copy = loaded;
    loaded.names.catch(() => {
      if (copy === loaded) copy = undefined;
    });
    return loaded.names;
  };
  return {
    forget() {
      copy = undefined;
    },
    async lookUp(name: string): Promise<ModelLookup> {
      const before = reads;
      let names = await recent();
      if (!names.has(name)) {
        // Another scheduler may just have stored it. Look-ups at the same time share one read.
        if (reads === before) copy = undefined;
        names = await recent();
      }
      const model = names.get(name);
      if (model !== undefined) return { kind: "found", model };
      return { kind: "notFound", nearest: nearestNames(name, names.keys()) };
    },
  };
}

/** The copies of the catalogue that shards have. */
function modelCopies(
  redis: Store,
  rootPrefix: string,
  queues: () => Promise<readonly DefinedQueue[]>,
) {
  const shards = async (only?: QueueName) =>
    (await queues())
      .filter(({ name }) => !name.startsWith(INTERNAL_QUEUE_PREFIX))
      .filter(({ name }) => only === undefined || name === only)
      .flatMap(({ name, shards: count }) =>
        Array.from({ length: count }, (_, index) => shardAt(rootPrefix, name, index)),
      );
  const setAll = async (targets: readonly { readonly base: string }[]) => {
    if (targets.length === 0) return;
    const { version, models } = await readModels(redis, rootPrefix);
    const routes = models.map((model) => [model.name, routesText(model)] as const);
    await Promise.all(
      targets.map(({ base }) => setModels.run(redis, base, { version, all: true, models: routes })),
    );
  };
  return {
    /** Copies a change. `version` is the registry's after it. */
    async spread(version: number, change: readonly [name: string, routes: string]) {
      const targets = await shards();
      const request = { version: version + VERSIONS_AHEAD, all: false, models: [change] };
      const outcomes = await Promise.all(
        targets.map(({ base }) => setModels.run(redis, base, request)),
      );
      await setAll(targets.filter((_, at) => outcomes[at] === "BEHIND"));
    },
    async sync(only?: QueueName) {
      const targets = await shards(only);
      const version = Number((await redis.hget(registryKeys(rootPrefix).models, VERSION)) ?? 0);
      const has = await Promise.all(
        targets.map((shard) => redis.hget(modelsKey(shard), F.models_version)),
      );
      await setAll(targets.filter((_, at) => Number(has[at] ?? 0) < version + VERSIONS_AHEAD));
    },
  };
}
