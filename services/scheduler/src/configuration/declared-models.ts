import { create, equals } from "@bufbuild/protobuf";
import type { Engine, Model } from "@millrace/engine";
import {
  type Model as ModelMessage,
  ModelSchema,
  PutModelRequestSchema,
} from "@millrace/proto/admin-model";
import type { Configuration } from "@millrace/proto/admin-service";
import { modelMessage } from "../messages/model-message.ts";
import type { AdminHandler } from "../operators/admin-handler.ts";
import { unservedNote } from "../policy/unserved-accounts.ts";
import type { ListsWorkers } from "../session/all-workers.ts";
import type { Operator } from "../tokens/operator-tokens.ts";
import type { Step } from "./step.ts";

export interface ModelCalls {
  readonly putModel: AdminHandler<"putModel">;
  readonly workers: ListsWorkers;
}

/**
 * Decides on the models of a configuration, in their order. A declaration replaces the model's whole definition. A name or an
 * alias may move from one declared model to another: it is taken from its holder first.
 */
export async function declaredModels(
  engine: { readonly models: Pick<Engine["models"], "get" | "list"> },
  { models: declared }: Configuration,
  { putModel, workers }: ModelCalls,
  by: Operator,
): Promise<Step[]> {
  if (declared.length === 0) return [];
  const [stored, serving] = await Promise.all([engine.models.list(), workers.list()]);
  const before = new Map(stored.map((model) => [model.name, model]));
  const declaredAs = new Map(declared.map((model) => [model.name, model]));
  const put = (model: ModelMessage) =>
    putModel(create(PutModelRequestSchema, { model }), { identity: by });
  return declared.map((model, index): Step => {
    const wrong = takenBy(model, stored, declaredAs);
    if (wrong !== undefined)
      return { kind: "wrong", ...wrong, field: `models[${index}].${wrong.field}` };
    const text = unservedNote(model, serving);
    const note = text === undefined ? {} : { note: text };
    const known = before.get(model.name);
    if (known && equals(ModelSchema, model, modelMessage(known))) return { kind: "none", ...note };
    const make = async () => {
      for (const { name } of stored) {
        // An earlier step may have changed it.
        const holder = await engine.models.get(name);
        const rest = holder && withoutNames(holder, model);
        if (rest !== undefined) await put(rest);
      }
      await put(model);
    };
    return { kind: "change", action: "PutModel", subject: model.name, make, ...note };
  });
}

const namesOf = ({ name, aliases = [] }: Pick<Model, "name" | "aliases">) => [name, ...aliases];

/** A name of a declared model that another stored model keeps. */
function takenBy(
  model: ModelMessage,
  stored: readonly Model[],
  declaredAs: ReadonlyMap<string, ModelMessage>,
): { readonly field: string; readonly description: string } | undefined {
  for (const [at, name] of namesOf(model).entries()) {
    const holder = stored.find((one) => {
      if (one.name === model.name) return false;
      const after = declaredAs.get(one.name);
      return namesOf(after ?? one).includes(name);
    });
    if (holder === undefined) continue;
    const is = holder.name === name ? "there is a model" : `model ${holder.name} has the alias`;
    return {
      field: at === 0 ? "name" : `aliases[${at - 1}]`,
      description: `${is} ${name}: use another name, or change model ${holder.name} in this file too`,
    };
  }
  return undefined;
}

/** Another stored model without the aliases that `model` takes from it. Undefined if it loses none. */
function withoutNames(holder: Model, model: ModelMessage): ModelMessage | undefined {
  if (holder.name === model.name) return undefined;
  const taken = new Set(namesOf(model));
  const message = modelMessage(holder);
  const aliases = message.aliases.filter((alias) => !taken.has(alias));
  return aliases.length === message.aliases.length ? undefined : { ...message, aliases };
}
