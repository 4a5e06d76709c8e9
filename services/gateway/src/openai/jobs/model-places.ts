import { RpcFault, rpcError } from "@millrace/runtime";
import { type Clock, isModelName } from "@millrace/shared";
import type { Scheduler } from "../../scheduler/scheduler-client.ts";

/** Where jobs of a model wait, and how they name it. */
export interface ModelPlace {
  readonly queue: string;
  /** Empty: the provider of the queue's workers knows whether there is such a model. */
  readonly model: string;
}

/** What a model's name means to this gateway. */
export interface ModelPlaces {
  readonly queue: string;
  /** If there is no such model, either this throws MODEL_NOT_FOUND, or the submission of the job does. */
  placeOf(model: string): Promise<ModelPlace>;
  /** Throws MODEL_NOT_FOUND with similar names. Each model is found while the catalogue is empty. */
  find(model: string): Promise<void>;
  /** All names and aliases of the catalogue. */
  names(): Promise<readonly string[]>;
}

/** How old the copy of the catalogue's names is at most. */
const FRESH_MS = 2_000;

const notFound = (model: string) =>
  rpcError({
    reason: "MODEL_NOT_FOUND",
    message: `there is no model ${JSON.stringify(model)}`,
    violations: [{ field: "model", description: "names no model" }],
  });

/** A fault of the scheduler, with the field that it is about. */
const aboutModel = (error: unknown): unknown => {
  if (!(error instanceof RpcFault) || error.reason !== "MODEL_NOT_FOUND") return error;
  const { reason, message, metadata } = error;
  const violations = [{ field: "model", description: message }];
  return rpcError({ reason, message, metadata, violations, cause: error });
};

/**
 * The models of the catalogue. While it is empty each model is passed on, and its provider knows it or not. All jobs wait in
 * one queue.
 */
export function modelPlaces(
  scheduler: Pick<Scheduler, "listModels">,
  queue: string,
  clock: Clock,
): ModelPlaces {
  let copy: { readonly atMs: number; readonly names: Promise<readonly string[]> } | undefined;
  const load = async () => {
    const { models } = await scheduler.listModels({});
    return models.flatMap(({ name, aliases }) => [name, ...aliases]);
  };
  const names = () => {
    const atMs = clock.nowMs();
    if (copy !== undefined && atMs - copy.atMs < FRESH_MS) return copy.names;
    const fresh = { atMs, names: load() };
    copy = fresh;
    // A failure is not kept: the next call asks again.
    fresh.names.catch(() => {
      if (copy === fresh) copy = undefined;
    });
    return fresh.names;
  };
  return {
    queue,
    names,
    async placeOf(model) {
      if ((await names()).length === 0) return { queue, model: "" };
      if (!isModelName(model)) throw notFound(model);
      // The scheduler knows models that were added a moment ago.
      return { queue, model };
    },
    async find(model) {
      const known = await names();
      if (known.length === 0 || known.includes(model)) return;
      if (!isModelName(model)) throw notFound(model);
      try {
        await scheduler.listModels({ name: model });
      } catch (error) {
        throw aboutModel(error);
      }
    },
  };
}
