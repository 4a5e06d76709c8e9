/** A provider that answers each chat completion after a fixed time, and calls of a gateway's OpenAI API. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const completion = JSON.stringify({
  ...{ id: "chatcmpl-bench", object: "chat.completion", created: 1_800_000_000, model: "bench" },
  usage: { prompt_tokens: 20, completion_tokens: 20, total_tokens: 40 },
  choices: [
    {
      ...{ index: 0, finish_reason: "stop", logprobs: null },
      message: { role: "assistant", content: "word ".repeat(20), refusal: null },
    },
  ],
});

export interface CompletionProvider extends Disposable {
  readonly url: string;
  /** How long an answer takes, in milliseconds. */
  answerMs: number;
}

export async function startCompletionProvider(answerMs: number): Promise<CompletionProvider> {
  const provider = { answerMs };
  const server = createServer((request, reply) => {
    request.resume().once("end", () => {
      const answer = () => {
        reply.writeHead(200, { "content-type": "application/json" });
        reply.end(completion);
      };
      if (provider.answerMs === 0) answer();
      else setTimeout(answer, provider.answerMs);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return Object.assign(provider, {
    url,
    [Symbol.dispose]() {
      server.close();
      server.closeAllConnections();
    },
  });
}

export interface BatchState {
  readonly id: string;
  readonly status: string;
  readonly output_file_id: string | null;
  readonly request_counts: { readonly total: number; readonly completed: number };
}

/** Calls OpenAI's API of a gateway with one API key. */
export function openAiCaller(httpUrl: string, apiKey: string) {
  const headers = { authorization: `Bearer ${apiKey}` };
  const json = async <T>(path: string, body?: object, more: object = {}): Promise<T> => {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const type = { "content-type": "application/json" };
    const answer = await fetch(httpUrl + path, {
      ...init,
      headers: { ...headers, ...type, ...more },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  return {
    json,
    batch: (id: string) => json<BatchState>(`/v1/batches/${id}`),
    async chat(tier: string): Promise<void> {
      const messages = [{ role: "user", content: "Call me Ishmael." }];
      await json("/v1/chat/completions", { model: "bench", messages, service_tier: tier });
    },
    /** Uploads lines, and creates a batch of them. */
    async createBatch(lines: readonly string[]): Promise<BatchState> {
      const form = new FormData();
      form.set("purpose", "batch");
      form.set("file", new File([lines.join("\n")], "lines.jsonl"));
      const answer = await fetch(`${httpUrl}/v1/files`, { method: "POST", headers, body: form });
      if (!answer.ok) throw new Error(`upload: ${answer.status} ${await answer.text()}`);
      const { id } = (await answer.json()) as { id: string };
      const endpoint = "/v1/chat/completions";
      return json("/v1/batches", { input_file_id: id, endpoint, completion_window: "24h" });
    },
  };
}

/** Lines of a batch, each with a text of about `chars` characters. `name` makes the files differ. */
export const batchLines = (name: string, count: number, chars: number): string[] =>
  Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      ...{ custom_id: `${name} ${n}`, method: "POST", url: "/v1/chat/completions" },
      body: {
        model: "bench",
        messages: [{ role: "user", content: `${n} ${"sea ".repeat(chars / 4)}` }],
      },
    }),
  );
