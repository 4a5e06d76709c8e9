/** Reads LiteLLM's list of prices, model_prices_and_context_window.json. No copy of that list is shipped. */
import { isModelName } from "@millrace/shared";
import { MOST_MICROS, scaled } from "../dollars.ts";

/** What is read of a model. */
export interface ListedModel {
  /** The name in the list, without the provider at its beginning. */
  readonly name: string;
  readonly contextTokens?: bigint;
  readonly maxOutputTokens?: bigint;
  readonly price: {
    readonly inputMicros: bigint;
    readonly cachedInputMicros?: bigint;
    readonly outputMicros: bigint;
  };
  /** A price was not whole in micro-dollars per million tokens, and was rounded. */
  readonly rounded: boolean;
}

export interface PriceList {
  readonly models: readonly ListedModel[];
  /** The names of entries of the provider that are not read, by the reason. */
  readonly skipped: ReadonlyMap<string, readonly string[]>;
  /** The providers of the list. */
  readonly providers: ReadonlySet<string>;
}

type Entry = Readonly<Record<string, unknown>>;

/** Entries that are no models. */
const NO_MODELS: ReadonlySet<string> = new Set(["sample_spec", "fallback_generalizations"]);
/** The modes whose calls cost tokens of text. */
const MODES: ReadonlySet<unknown> = new Set(["chat", "completion", "responses", "embedding"]);
/** Dollars per token become micro-dollars per million tokens: 10^6 times 10^6. */
const DIGITS = 12;

/** Reads the models of a provider. Throws if the text is not a list of this form. */
export function readPriceList(text: string, provider: string): PriceList {
  const list: unknown = JSON.parse(text);
  if (!isEntry(list)) throw new Error("it is not a JSON object of models");
  const models = new Map<string, ListedModel>();
  const skipped = new Map<string, string[]>();
  const providers = new Set<string>();
  for (const [key, entry] of Object.entries(list)) {
    if (NO_MODELS.has(key) || !isEntry(entry)) continue;
    const { litellm_provider: of } = entry;
    if (typeof of === "string") providers.add(of);
    if (of !== provider) continue;
    const name = key.startsWith(`${provider}/`) ? key.slice(provider.length + 1) : key;
    const read = models.has(name) ? "another entry has the same name" : modelOf(name, entry);
    if (typeof read === "string") skipped.set(read, [...(skipped.get(read) ?? []), key]);
    else models.set(name, read);
  }
  return { models: [...models.values()], skipped, providers };
}

const isEntry = (value: unknown): value is Entry =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns the model, or why it is not read. */
function modelOf(name: string, entry: Entry): ListedModel | string {
  const { mode } = entry;
  if (!MODES.has(mode)) return `mode ${typeof mode === "string" ? mode : "not given"}`;
  if (!isModelName(name)) return "a name that models may not have";
  const input = microsOf(entry.input_cost_per_token);
  // An embedding writes no tokens.
  const output = microsOf(entry.output_cost_per_token ?? (mode === "embedding" ? 0 : undefined));
  const cached = microsOf(entry.cache_read_input_token_cost ?? entry.input_cost_per_token);
  for (const price of [input, output, cached]) if (typeof price === "string") return price;
  const prices = [input, output, cached] as Exclude<typeof input, string>[];
  const [inputPrice, outputPrice, cachedPrice] = prices;
  if (inputPrice === undefined || outputPrice === undefined || cachedPrice === undefined) {
    return "no price per token of input and output";
  }
  const contextTokens = tokensOf(entry.max_input_tokens ?? entry.max_tokens);
  const maxOutputTokens = tokensOf(entry.max_output_tokens);
  return {
    name,
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    price: {
      inputMicros: inputPrice.value,
      ...(entry.cache_read_input_token_cost === undefined
        ? {}
        : { cachedInputMicros: cachedPrice.value }),
      outputMicros: outputPrice.value,
    },
    rounded: prices.some((price) => price?.rounded),
  };
}

/** Reads dollars per token. A text is the reason why they are not read. */
function microsOf(dollars: unknown) {
  if (dollars === undefined || dollars === null) return undefined;
  // The shortest text of a double is the text that the list has, so nothing is lost by reading it as a double.
  const price =
    typeof dollars === "number" || typeof dollars === "string"
      ? scaled(String(dollars), DIGITS)
      : undefined;
  if (price === undefined) return "a price that is no number";
  if (price.value < 0n) return "a negative price";
  return price.value > MOST_MICROS ? "a price above a dollar per token" : price;
}

const tokensOf = (count: unknown): bigint | undefined =>
  typeof count === "number" && Number.isSafeInteger(count) && count >= 1 && count <= 1e12
    ? BigInt(count)
    : undefined;
