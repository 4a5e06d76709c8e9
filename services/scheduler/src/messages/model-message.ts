import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Model, ModelPrice } from "@millrace/engine";
import {
  type Model as ModelMessage,
  type ModelPrice as ModelPriceMessage,
  type ModelPriceSchema,
  ModelSchema,
} from "@millrace/proto/admin-model";

/** A model as operators define it. */
export const modelMessage = (model: Model): ModelMessage =>
  create(ModelSchema, {
    name: model.name,
    routes: model.routes.map(({ account, model: provider, price }) => ({
      ...{ account, model: provider },
      ...priceFields(price),
    })),
    aliases: [...(model.aliases ?? [])],
    ...(model.contextTokens === undefined ? {} : { contextTokens: BigInt(model.contextTokens) }),
    ...(model.maxOutputTokens === undefined
      ? {}
      : { maxOutputTokens: BigInt(model.maxOutputTokens) }),
    ...priceFields(model.price),
  });

/** Reads a valid message. */
export function modelOf(message: ModelMessage): Model {
  const { name, routes, aliases, contextTokens, maxOutputTokens, price } = message;
  return {
    name,
    routes: routes.map((route) => ({
      ...{ account: route.account, model: route.model },
      ...priceOf(route.price),
    })),
    ...(aliases.length === 0 ? {} : { aliases: [...aliases] }),
    ...(contextTokens === undefined ? {} : { contextTokens: Number(contextTokens) }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens: Number(maxOutputTokens) }),
    ...priceOf(price),
  };
}

function priceFields(price: ModelPrice | undefined): {
  readonly price?: MessageInitShape<typeof ModelPriceSchema>;
} {
  if (price === undefined) return {};
  const { inputMicros, cachedInputMicros, outputMicros } = price;
  return {
    price: {
      inputMicros: BigInt(inputMicros),
      ...(cachedInputMicros === undefined ? {} : { cachedInputMicros: BigInt(cachedInputMicros) }),
      outputMicros: BigInt(outputMicros),
    },
  };
}

/** The contract's limits keep every number exact. */
function priceOf(price: ModelPriceMessage | undefined): { readonly price?: ModelPrice } {
  if (price === undefined) return {};
  const { inputMicros = 0n, cachedInputMicros, outputMicros = 0n } = price;
  return {
    price: {
      inputMicros: Number(inputMicros),
      ...(cachedInputMicros === undefined ? {} : { cachedInputMicros: Number(cachedInputMicros) }),
      outputMicros: Number(outputMicros),
    },
  };
}
