/** Batches through the official SDKs, in front of the worker of this repository. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type OpenAI from "openai";
import { expect, vi } from "vitest";

type Batch = OpenAI.Batches.Batch;

const model = "gpt-test";

/** A file of provider accounts, with one of the name acme/main. */
export function accountsFile(url: string): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "millrace-accounts-"));
  const path = join(folder, "accounts.yaml");
  const account = { kind: "openai", name: "acme/main", base_url: `${url}/v1`, model: "model-a" };
  writeFileSync(path, JSON.stringify({ accounts: [account] }));
  return { path, remove: () => rmSync(folder, { recursive: true }) };
}

/** A line of a batch of chat completions. */
export const lineOf = (customId: string, content: string, more: object = {}): string =>
  JSON.stringify({
    ...{ custom_id: customId, method: "POST", url: "/v1/chat/completions" },
    body: { model, messages: [{ role: "user", content }], ...more },
  });

export const fileOf = (lines: readonly string[]): File =>
  new File([`${lines.join("\n")}\n`], "lines.jsonl");

/** Uploads lines, and creates a batch of them. */
export async function createBatch(
  client: OpenAI,
  lines: readonly string[],
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Batch> {
  const { id } = await client.files.create({ file: fileOf(lines), purpose: "batch" });
  const create = { input_file_id: id, endpoint: "/v1/chat/completions", ...more } as const;
  return await client.batches.create({ completion_window: "24h", ...create }, { headers });
}

const ended: ReadonlySet<string> = new Set(["completed", "failed", "expired", "cancelled"]);

/** Asks until a batch has ended. */
export const batchEnd = (client: OpenAI, id: string): Promise<Batch> =>
  vi.waitFor(
    async () => {
      const batch = await client.batches.retrieve(id);
      expect([...ended]).toContain(batch.status);
      return batch;
    },
    { timeout: 240_000, interval: 100 },
  );

export interface FileLine {
  readonly id: string | null;
  readonly custom_id: string;
  readonly response: {
    readonly status_code: number;
    readonly request_id: string;
    readonly body: {
      readonly choices: { readonly message: { readonly content: string } }[];
      readonly error?: { readonly code: string };
    };
  } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** The lines of a file of a batch. None if there is no such file. */
export async function linesOf(client: OpenAI, id: string | null | undefined): Promise<FileLine[]> {
  if (id === null || id === undefined) return [];
  const text = await (await client.files.content(id)).text();
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as FileLine);
}
