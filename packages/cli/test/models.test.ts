import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { setup } from "./setup.ts";

/** A file of the form of LiteLLM's list. Its models and prices are made up. */
async function priceFile() {
  const folder = await mkdtemp(join(tmpdir(), "millrace-prices-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const chat = {
    ...{ litellm_provider: "acme", mode: "chat", max_input_tokens: 100_000 },
    ...{ max_output_tokens: 8_000, input_cost_per_token: 1.1e-6, output_cost_per_token: 4.35e-6 },
  };
  const file = join(folder, "prices.json");
  const list = {
    sample_spec: { ...chat, litellm_provider: "one of many" },
    "acme/large": { ...chat, cache_read_input_token_cost: 1.1e-7 },
    small: chat,
    "acme/draw": { ...chat, mode: "image_generation" },
  };
  await writeFile(file, JSON.stringify(list));
  return file;
}

test("a model is defined, changed in part, shown and removed", async () => {
  const { run } = await setup();
  const put = (...args: string[]) => run(["models", "put", "gpt-5", ...args]);
  expect(await put("--alias", "best")).toMatchObject({
    ...{ code: 2, err: expect.stringContaining("give at least one --route") },
  });
  const routes = ["--route", "openai/main=gpt-5-2025", "--route", "azure/west=my=gpt"];
  await put(...routes, "--alias", "best", "--context-tokens", "400000");
  const shown = `\
model    gpt-5
aliases  best
context  400000 tokens
price    1.25/0.125/10 USD per million tokens

ACCOUNT      PROVIDER'S MODEL  PRICE          SERVED
openai/main  gpt-5-2025        1.25/0.125/10  no
azure/west   my=gpt            1.25/0.125/10  no
`;
  expect(await put("--input-price", "1.25")).toMatchObject({
    ...{ code: 2, err: expect.stringContaining("both --input-price and --output-price") },
  });
  const price = ["--input-price", "1.25", "--cached-input-price", "0.125", "--output-price", "10"];
  expect((await put(...price)).out).toBe(shown);
  expect((await run(["models", "get", "best"])).out).toBe(shown);
  expect((await run(["models", "list"])).out).toBe(`\
MODEL  ROUTES                   ALIASES  CONTEXT  MAX OUTPUT  PRICE          NOT SERVED
gpt-5  openai/main, azure/west  best     400000   -           1.25/0.125/10  openai/main, azure/west
`);
  await run(["models", "remove", "gpt-5"]);
});

test("a model loses its aliases, sizes and price, and is removed", async () => {
  const { run } = await setup();
  const put = (...args: string[]) => run(["models", "put", "plain", ...args, "--json"]);
  const sized = ["--context-tokens", "9", "--input-price", "1.25", "--output-price", "10"];
  const whole = await put("--route", "openai/main=gpt-5", "--alias", "simple", ...sized);
  expect(JSON.parse(whole.out)).toMatchObject({
    model: { aliases: ["simple"], price: { inputMicros: "1250000", outputMicros: "10000000" } },
  });
  const least = await put("--alias", "none", "--context-tokens", "none", "--input-price", "none");
  expect(JSON.parse(least.out).model).toEqual({
    ...{ name: "plain", aliases: [], routes: [{ account: "openai/main", model: "gpt-5" }] },
  });
  expect(await run(["models", "get", "plane"])).toMatchObject({
    ...{ code: 5, err: "millrace: Not found: there is no model plane (similar: plain).\n" },
  });
  expect((await run(["models", "remove", "plain"])).out).toBe("plain is removed.\n");
  expect((await run(["models", "list"])).out).not.toContain("plain");
});

test("models are imported from a list of prices, and what is skipped is told", async () => {
  const { run } = await setup();
  const file = await priceFile();
  const take = (...args: string[]) =>
    run(["models", "import", file, "--provider", "acme", "--account", "acme/main", ...args]);
  const skipped = "Skipped, mode image_generation: acme/draw.\n";
  expect(await take("--dry-run")).toEqual({
    ...{ code: 0, err: skipped },
    out: `\
MODEL  WOULD BE  PRICE
large  created   1.1/0.11/4.35
small  created   1.1/1.1/4.35
`,
  });
  expect((await run(["models", "get", "small"])).code).toBe(5);
  expect((await take()).out).toContain("small  created");
  expect((await take()).out).toContain("small  unchanged");
  await run([
    ...["models", "put", "small", "--alias", "s", "--input-price", "9", "--output-price", "9"],
    ...["--route", "other=small", "--route", "acme/main=renamed"],
  ]);
  // It keeps the alias, the other route and its price, and what the provider calls the model.
  expect((await take("--model", "small")).out).toMatch(/small {2}changed +1\.1\/1\.1\/4\.35\n$/);
  expect((await run(["models", "get", "small"])).out).toBe(`\
model       small
aliases     s
context     100000 tokens
max output  8000 tokens
price       9/9/9 USD per million tokens

ACCOUNT    PROVIDER'S MODEL  PRICE         SERVED
other      small             9/9/9         no
acme/main  renamed           1.1/1.1/4.35  no
`);
  for (const [args, says] of [
    [["--model", "draw"], "draw of the provider acme: it is not read: mode image_generation"],
    [["--model", "tiny"], "tiny of the provider acme: the file has no such model"],
    [["--provider", "other"], "Its providers are: acme"],
  ] as const) {
    expect(await take(...args)).toMatchObject({ code: 2, err: expect.stringContaining(says) });
  }
  for (const name of ["large", "small"]) await run(["models", "remove", name]);
});

test("a job that names a model is shown with its model and what holds its routes", async () => {
  const { run, queue } = await setup();
  await run(["models", "put", "fast", "--route", "acme/main=alpha", "--alias", "quick"]);
  const submit = (model: string) =>
    run(["submit", "test", "{}", "--queue", queue, "--model", model]);
  const id = (await submit("quick")).out.trim();
  expect((await run(["get", id])).out).toContain("\nmodel      fast\n");
  const explained = (await run(["explain", id])).out;
  expect(explained).toContain("model           fast");
  expect(explained).toMatch(/ROUTE +ACCOUNT +PROVIDER'S MODEL +FAILED +HELD BY/);
  expect(explained).toMatch(/1 +acme\/main +alpha +no +NO_WORKER/);
  expect(await submit("quik")).toMatchObject({
    ...{ code: 5, err: expect.stringContaining("there is no model quik (similar: quick)") },
  });
  const both = ["--model", "fast", "--pool", "gpu"];
  expect((await run(["submit", "test", "{}", "--queue", queue, ...both])).code).toBe(2);
  await run(["cancel", id]);
  await run(["models", "remove", "fast"]);
});

test("all pages of the catalogue are listed, changed and imported again", async () => {
  const { run } = await setup();
  const folder = await mkdtemp(join(tmpdir(), "millrace-prices-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  // One more than the scheduler gives in a page.
  const names = Array.from({ length: 101 }, (_, at) => `paged-${100 + at}`);
  const listed = { litellm_provider: "acme", mode: "chat", max_input_tokens: 1_000 };
  const price = { input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 };
  const file = join(folder, "prices.json");
  const list = Object.fromEntries(names.map((name) => [name, { ...listed, ...price }]));
  await writeFile(file, JSON.stringify(list));
  const importAll = async () => {
    const flags = ["--provider", "acme", "--account", "acme/main", "--json"];
    const { out } = await run(["models", "import", file, ...flags]);
    const changes = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).change);
    return { count: changes.length, changes: [...new Set(changes)] };
  };
  expect(await importAll()).toEqual({ count: 101, changes: ["created"] });
  expect(await importAll()).toEqual({ count: 101, changes: ["unchanged"] });
  const { out } = await run(["models", "list", "--json"]);
  const shown = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).model.name);
  expect(shown.filter((name) => name.startsWith("paged-"))).toEqual(names);
  const last = names.at(-1) ?? "";
  // The route is kept, so the command has read the model.
  const put = await run(["models", "put", last, "--alias", "last-of-all", "--json"]);
  expect(JSON.parse(put.out).model).toMatchObject({ routes: [{ account: "acme/main" }] });
});
