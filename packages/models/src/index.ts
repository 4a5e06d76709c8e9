export type { Account, Accounts } from "./accounts/account.ts";
export { type ParsedAccounts, parseAccounts } from "./accounts/parse-accounts.ts";
export type { Quote } from "./extractive/quote.ts";
export { extractiveProvider } from "./extractive.ts";
export { type CalledModel, type Models, type ModelsOptions, openModels } from "./models.ts";
export { type Lesson, type Quirk, quirks } from "./openai/quirks.ts";
export { type OpenAiProviderOptions, openAiProvider } from "./openai.ts";
