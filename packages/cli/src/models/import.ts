import { readFileSync } from "node:fs";
import { create, equals } from "@bufbuild/protobuf";
import {
  type Model,
  ModelRouteSchema,
  ModelSchema,
  type ModelStatus,
} from "@millrace/proto/admin-model";
import { AdminService } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { given } from "../given.ts";
import { note, writeJson, writeText } from "../output.ts";
import { readAndChange } from "../read-and-change.ts";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { repeated } from "../values.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { allModels } from "./all-models.ts";
import { priceText } from "./model-text.ts";
import { type ListedModel, type PriceList, readPriceList } from "./price-list.ts";

interface Options extends OperatorOptions {
  readonly provider: string;
  readonly account: string;
  readonly model?: readonly string[];
  readonly dryRun?: boolean;
}

type Change = "created" | "changed" | "unchanged";

export function importModelsCommand(models: Command, shell: Shell): void {
  const command = models
    .command("import")
    .summary("take models, sizes and prices from a list of LiteLLM")
    .description(
      "Reads a file of the form of LiteLLM's model_prices_and_context_window.json, and puts the models of one provider, with a route on one account. A model that exists keeps its aliases and its other routes. Millrace ships no such file.",
    )
    .argument("<file>", "the file; - for standard input")
    .requiredOption("--provider <name>", "the provider: litellm_provider in the file")
    .requiredOption("--account <name>", "the account on which the models have a route")
    .option("--model <name>", "only this model; may be repeated", repeated)
    .option("--dry-run", "only print what would be changed")
    .action((file: string, options: Options) => {
      const list = listIn(file, options);
      const wanted = chosen(list, options);
      return withAdmin(shell, options, async (admin) => {
        const { method } = AdminService;
        const call = { signal: shell.interrupted };
        const readAll = () => allModels(admin, shell.interrupted);
        const known = await readAll();
        const rows: string[][] = [];
        for (const listed of wanted) {
          let first: readonly ModelStatus[] | undefined = known;
          const { model, change } = await readAndChange(async () => {
            const before = (first ?? (await readAll())).find(
              (one) => one.model?.name === listed.name,
            );
            first = undefined;
            const model = imported(listed, before?.model, options.account);
            if (before?.model !== undefined && equals(ModelSchema, before.model, model)) {
              return { model, change: "unchanged" as Change };
            }
            if (options.dryRun !== true) {
              await admin.call(method.putModel, { model, etag: before?.etag ?? "none" }, call);
            }
            return { model, change: (before === undefined ? "created" : "changed") as Change };
          });
          if (options.json) writeJson(shell, { name: model.name, change });
          else rows.push([model.name, change, priceOn(model, options.account)]);
        }
        if (!options.json) {
          const heading = options.dryRun ? "WOULD BE" : "IS";
          writeText(shell, table(["MODEL", heading, "PRICE"], rows));
        }
        for (const text of notesOf(list, wanted)) note(shell, text);
      });
    })
    .addHelpText(
      "after",
      `
These fields are read: mode (chat, completion, responses, embedding), input_cost_per_token, output_cost_per_token,
cache_read_input_token_cost, max_input_tokens or max_tokens (the context), max_output_tokens. Prices of batches, tiers,
reasoning, audio and images are not read. A name loses the provider and the slash at its beginning.

Examples:
  $ millrace models import prices.json --provider openai --account openai/main --dry-run
  $ millrace models import prices.json --provider openai --account openai/main --model gpt-5 --model gpt-5-mini`,
    );
  operatorOptions(command);
}

function listIn(file: string, { provider }: Options): PriceList {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new Failure(exitCodes.usage, `${file} cannot be read: ${(error as Error).message}`);
  }
  try {
    return readPriceList(text, provider);
  } catch (error) {
    throw new Failure(exitCodes.usage, `${file} is no list of prices: ${(error as Error).message}`);
  }
}

/** The models to import. Throws a Failure if there are none, or if one that was asked for is not among them. */
function chosen({ models, skipped, providers }: PriceList, options: Options) {
  const { provider, model: names } = options;
  if (!providers.has(provider)) {
    const known = [...providers].toSorted().join(", ");
    throw new Failure(
      exitCodes.usage,
      `The file has no models of the provider ${provider}. Its providers are: ${known}`,
    );
  }
  if (names === undefined) return models;
  return names.map((name) => {
    const found = models.find((one) => one.name === name);
    if (found !== undefined) return found;
    const why = [...skipped].find(([, keys]) =>
      keys.some((key) => key === name || key === `${provider}/${name}`),
    );
    const reason = why === undefined ? "the file has no such model" : `it is not read: ${why[0]}`;
    throw new Failure(exitCodes.usage, `${name} of the provider ${provider}: ${reason}`);
  });
}

/** The model with what the list says. Without other routes, the price is that of the whole model. */
function imported(listed: ListedModel, before: Model | undefined, account: string): Model {
  const { name, contextTokens, maxOutputTokens, price } = listed;
  const routes = before?.routes ?? [];
  const isAlone = routes.every((route) => route.account === account);
  const known = routes.find((route) => route.account === account);
  const own = create(ModelRouteSchema, {
    ...{ account, model: known?.model ?? name },
    ...(isAlone ? {} : { price }),
  });
  return create(ModelSchema, {
    name,
    aliases: before?.aliases ?? [],
    routes:
      known === undefined
        ? [...routes, own]
        : routes.map((route) => (route === known ? own : route)),
    ...given({
      contextTokens: contextTokens ?? before?.contextTokens,
      maxOutputTokens: maxOutputTokens ?? before?.maxOutputTokens,
      price: isAlone ? price : before?.price,
    }),
  });
}

const priceOn = (model: Model, account: string): string =>
  priceText(model.routes.find((route) => route.account === account)?.price ?? model.price);

/** How many names a note shows. */
const SHOWN = 5;

function notesOf({ skipped }: PriceList, wanted: readonly ListedModel[]): string[] {
  const some = (names: readonly string[]) =>
    names.length <= SHOWN
      ? names.join(", ")
      : `${names.slice(0, SHOWN).join(", ")} and ${names.length - SHOWN} more`;
  const rounded = wanted.filter((one) => one.rounded).map(({ name }) => name);
  return [
    ...[...skipped].map(([why, keys]) => `Skipped, ${why}: ${some(keys)}.`),
    ...(rounded.length === 0
      ? []
      : [`Rounded to whole micro-dollars per million tokens: ${some(rounded)}.`]),
  ];
}
