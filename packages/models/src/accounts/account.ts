/** The form of an accounts file. Its JSON Schema is made of this, so each field says what it is for. */
import { durationPattern, parseDuration } from "@millrace/shared";
import { z } from "zod";
import { quirks } from "../openai/quirks.ts";

const ACCOUNT_NAME = /^[a-z0-9][a-z0-9._/-]{0,62}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
/** As many pools as a worker may serve. */
const MOST_ACCOUNTS = 64;

const name = z
  .string()
  .regex(
    ACCOUNT_NAME,
    "must be a name of lower-case letters, digits and . _ / -, at most 63 characters",
  )
  .describe(
    "The name of the provider account: the pool of its jobs, and the account in the routes of models.",
  );

const modelName = z.string().min(1).max(128);

const duration = (least: string, most: string) =>
  z
    .string()
    .regex(new RegExp(durationPattern), "must be a duration, for example 30s, 5m or 1h")
    .refine((text) => {
      const ms = parseDuration(text);
      // What is no duration has been refused already.
      if (ms === undefined) return true;
      return ms >= (parseDuration(least) ?? 0) && ms <= (parseDuration(most) ?? 0);
    }, `must be from ${least} to ${most}`);

const aboutModel = {
  context_tokens: z
    .int()
    .min(256)
    .max(1_000_000_000)
    .optional()
    .describe(
      "The model's context in tokens, input and answer together. By default the worker learns it from the server.",
    ),
  reasoning_tokens: z
    .int()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe(
      "Room for the model's thoughts in addition to its answer, in tokens. By default 4,096 if the worker knows that it thinks.",
    ),
  reasoning_effort: z
    .string()
    .regex(/^[a-z]{1,32}$/, "must be a word such as low, medium or high")
    .optional()
    .describe("How hard the model thinks, in its provider's words."),
};

const openAiModel = {
  ...aboutModel,
  quirks: z
    .array(z.enum(quirks))
    .optional()
    .describe("How the server differs from OpenAI's. The worker finds out most by itself."),
};

const relayed = {
  max_output_tokens: z
    .int()
    .min(1)
    .max(10_000_000)
    .optional()
    .describe(
      "The longest answer of a relayed call, thoughts included. A request that asks for more, or names no length, gets this one.",
    ),
};

const secrets = {
  secret_env: z
    .string()
    .regex(VARIABLE, "must be the name of a variable of the environment")
    .optional()
    .describe("The variable of the worker's environment that holds the API key."),
  secret_file: z
    .string()
    .min(1)
    .optional()
    .describe(
      "A file that holds the API key. It is read again regularly, so that the key can be rotated.",
    ),
};

const called = {
  name,
  ...secrets,
  headers: z
    .record(z.string().regex(HEADER, "must be the name of a header"), z.string().max(4_096))
    .optional()
    .describe("Headers that are sent with every call. They are no place for secrets."),
  model: modelName
    .optional()
    .describe(
      "The provider's name of the model for jobs that name this account as their pool, and no model.",
    ),
  silence: duration("100ms", "1h")
    .default("1m")
    .describe("How long the provider may send nothing, before its answer and within it."),
  call: duration("1s", "24h").default("15m").describe("How long one answer may take in all."),
};

const url = z.url({ protocol: /^https?$/, error: "must be a URL, such as https://example.com/v1" });

const oneSecret = (account: { readonly secret_env?: unknown; readonly secret_file?: unknown }) =>
  account.secret_env === undefined || account.secret_file === undefined;
const ONE_SECRET = "has secret_env and secret_file: give only one of them";

const openai = z
  .strictObject({
    kind: z.literal("openai"),
    ...called,
    base_url: url
      .default("https://api.openai.com/v1")
      .describe(
        "The base URL of the server. Its query parameters are sent with every call; {model} in it stands for the provider's name of the model.",
      ),
    ...openAiModel,
    ...relayed,
    models: z
      .array(z.strictObject({ name: modelName, ...openAiModel, ...relayed }))
      .max(256)
      .optional()
      .describe("What differs for single models of the account."),
  })
  .refine(oneSecret, ONE_SECRET)
  .describe(
    "An account at OpenAI, or of any server that speaks its protocol. Without a secret, no API key is sent.",
  );

const anthropic = z
  .strictObject({
    kind: z.literal("anthropic"),
    ...called,
    base_url: url.default("https://api.anthropic.com").describe("The base URL of the server."),
    ...aboutModel,
    models: z
      .array(z.strictObject({ name: modelName, ...aboutModel }))
      .max(256)
      .optional()
      .describe("What differs for single models of the account."),
  })
  .refine(oneSecret, ONE_SECRET)
  .refine(
    (account) => account.secret_env !== undefined || account.secret_file !== undefined,
    "needs secret_env or secret_file",
  )
  .describe("An account at Anthropic.");

const extractive = z
  .strictObject({ kind: z.literal("extractive"), name })
  .describe("No model: it quotes the sentences that say most. It needs no network.");

export const accountSchema = z.discriminatedUnion("kind", [openai, anthropic, extractive]);

export const accountsFileSchema = z.strictObject({
  accounts: z
    .array(accountSchema)
    .min(1)
    .max(MOST_ACCOUNTS)
    .describe("The provider accounts that the worker calls, and whose pools it serves."),
  default: z
    .string()
    .optional()
    .describe(
      "The account for jobs that name neither a model nor a pool. Without it, such jobs fail.",
    ),
});

/** What calls an account, besides its secret. */
export type Account = z.infer<typeof accountSchema>;
export type Accounts = z.infer<typeof accountsFileSchema>;
