import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Model,
  type ModelPrice,
  type ModelPriceSchema,
  type ModelRouteSchema,
  ModelSchema,
  ModelStatusSchema,
} from "@millrace/proto/admin-model";
import { AdminService } from "@millrace/proto/admin-service";
import { type Command, InvalidArgumentError } from "commander";
import { dollars } from "../dollars.ts";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { fieldBigint } from "../field-numbers.ts";
import { required, writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import { readAndChange } from "../read-and-change.ts";
import type { Shell } from "../shell.ts";
import { NONE, orNone, repeated } from "../values.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { findModel } from "./all-models.ts";
import { modelText } from "./model-text.ts";

interface Route {
  readonly account: string;
  readonly model: string;
}

interface Options extends OperatorOptions {
  readonly route?: readonly Route[];
  readonly alias?: readonly string[];
  readonly contextTokens?: bigint | typeof NONE;
  readonly maxOutputTokens?: bigint | typeof NONE;
  readonly inputPrice?: bigint | typeof NONE;
  readonly cachedInputPrice?: bigint | typeof NONE;
  readonly outputPrice?: bigint | typeof NONE;
}

export function putModelCommand(models: Command, shell: Shell): void {
  const { field } = ModelSchema;
  const command = models
    .command("put")
    .summary("define or change a model")
    .description("Defines a model. If it exists, changes the given values and leaves the rest.")
    .argument("<name>", "the name that jobs give, for example gpt-5")
    .option(
      "--route <account=model>",
      "an account, and what its provider calls the model; may be repeated, and replaces all routes",
      routes,
    )
    .option("--alias <name>", "another name; may be repeated, and replaces all aliases", repeated)
    .option(
      "--context-tokens <count>",
      "tokens of input and output together",
      orNone(fieldBigint(field.contextTokens)),
    )
    .option(
      "--max-output-tokens <count>",
      "the most tokens that one call writes",
      orNone(fieldBigint(field.maxOutputTokens)),
    )
    .option("--input-price <dollars>", "for a million tokens of input", orNone(dollars))
    .option("--cached-input-price <dollars>", "default: the price of input", orNone(dollars))
    .option("--output-price <dollars>", "for a million tokens of output", orNone(dollars))
    .action((name: string, options: Options) =>
      withAdmin(shell, options, async (admin) => {
        const call = { signal: shell.interrupted };
        const { method } = AdminService;
        const { model } = await readAndChange(async () => {
          // PutModel replaces the whole definition, so this reads it first.
          const before = await findModel(admin, name, shell.interrupted);
          const wanted = changedModel(name, before?.model, options);
          return admin.call(method.putModel, { model: wanted, etag: before?.etag ?? "none" }, call);
        });
        if (options.json) writeMessage(shell, ModelStatusSchema, model);
        else writeText(shell, modelText(required(model)));
      }),
    )
    .addHelpText(
      "after",
      `
Routes are tried in the order of the flags. A route that stays keeps its own price, which only a configuration file
sets. "none" removes a size, or the price; --alias none removes all aliases.

Examples:
  $ millrace models put gpt-5 --route openai/main=gpt-5 --route azure/west=my-gpt-5 --alias best
  $ millrace models put gpt-5 --input-price 1.25 --cached-input-price 0.125 --output-price 10`,
    );
  operatorOptions(command);
}

function routes(text: string, before: readonly Route[] = []): Route[] {
  const separator = text.indexOf("=");
  if (separator < 1 || separator === text.length - 1) {
    throw new InvalidArgumentError("It must be ACCOUNT=MODEL, for example openai/main=gpt-5.");
  }
  return [...before, { account: text.slice(0, separator), model: text.slice(separator + 1) }];
}

function changedModel(name: string, before: Model | undefined, options: Options): Model {
  const aliases = options.alias ?? before?.aliases ?? [];
  const price = changedPrice(before?.price, options);
  const sizes = (["contextTokens", "maxOutputTokens"] as const).flatMap((size) => {
    const value = options[size] ?? before?.[size];
    return value === undefined || value === NONE ? [] : [[size, value]];
  });
  return create(ModelSchema, {
    name,
    routes: changedRoutes(name, before, options.route),
    aliases: aliases.length === 1 && aliases[0] === NONE ? [] : [...aliases],
    ...Object.fromEntries(sizes),
    ...(price === undefined ? {} : { price }),
  });
}

function changedRoutes(
  name: string,
  before: Model | undefined,
  wanted: readonly Route[] | undefined,
): MessageInitShape<typeof ModelRouteSchema>[] {
  if (wanted === undefined) {
    if (before === undefined) {
      throw new Failure(
        exitCodes.usage,
        `There is no model ${name} yet: give at least one --route.`,
      );
    }
    return before.routes;
  }
  return wanted.map(({ account, model }) => {
    const kept = before?.routes.find((one) => one.account === account && one.model === model);
    return kept ?? { account, model };
  });
}

function changedPrice(
  before: ModelPrice | undefined,
  { inputPrice, cachedInputPrice, outputPrice }: Options,
): MessageInitShape<typeof ModelPriceSchema> | undefined {
  if (inputPrice === NONE || outputPrice === NONE) return undefined;
  const inputMicros = inputPrice ?? before?.inputMicros;
  const outputMicros = outputPrice ?? before?.outputMicros;
  const cached = cachedInputPrice ?? before?.cachedInputMicros;
  if (inputMicros === undefined && outputMicros === undefined && cachedInputPrice === undefined) {
    return undefined;
  }
  if (inputMicros === undefined || outputMicros === undefined) {
    throw new Failure(exitCodes.usage, "A price needs both --input-price and --output-price.");
  }
  return {
    ...{ inputMicros, outputMicros },
    ...(cached === undefined || cached === NONE ? {} : { cachedInputMicros: cached }),
  };
}
