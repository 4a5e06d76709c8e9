/** Tests servers that understand less than OpenAI's, with real HTTP. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Lesson, openAiProvider, type Quirk, quirks } from "@millrace/models";
import { systemClock as clock } from "@millrace/shared";
import {
  answerChunk,
  type ProviderCall,
  type ProviderReply,
  startProviderSimulator,
} from "@millrace/testing";
import { JobFailure } from "@millrace/worker-sdk";
import { expect, onTestFinished, test } from "vitest";
import { chatExecutor } from "../src/executors/chat.ts";
import { attempt, modelsOf, withModels } from "./setup.ts";

const good: ProviderReply = {
  kind: "stream",
  events: [answerChunk({ content: "By water." }), answerChunk({}, "stop"), "data: [DONE]\n\n"],
};
const whole: ProviderReply = {
  kind: "body",
  body: {
    choices: [{ index: 0, message: { content: "By water." }, finish_reason: "stop" }],
  },
};
const refused = (status: number, body: object): ProviderReply => ({ kind: "body", status, body });
const invalid = (message: string, more: object = {}) =>
  refused(400, { error: { message, type: "invalid_request_error", param: null, ...more } });

interface Change {
  readonly quirks?: readonly Quirk[];
  readonly effort?: string;
  readonly query?: string;
}

async function setup(behave: (call: ProviderCall) => ProviderReply, change: Change = {}) {
  const simulator = await startProviderSimulator(behave);
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const lessons: Lesson[] = [];
  const { query = "", ...options } = change;
  const provider = openAiProvider({
    ...{ baseUrl: simulator.url + query, apiKey: () => "sk-the-key", model: "m", clock },
    ...{ silenceMs: 60_000, callMs: 600_000, ...options },
    onLesson: (lesson) => lessons.push(lesson),
  });
  const models = modelsOf(provider);
  const { calls } = simulator;
  const chat = async (maxTokens = 9) => {
    const messages = [
      { role: "system", content: "Be kind." },
      { role: "user", content: "How does the mill turn?" },
    ];
    const result = await withModels(models, chatExecutor)(attempt({ messages, maxTokens }).context);
    return (result as { text: string }).text;
  };
  const sent = (at: number) => calls.at(at)?.body ?? {};
  return { calls, chat, sent, lessons };
}

const pydantic = (field: string) => ({
  detail: [
    { type: "extra_forbidden", loc: ["body", field], msg: "Extra inputs are not permitted" },
  ],
});

interface Server {
  readonly refuses: (body: ProviderCall["body"]) => boolean;
  readonly refusal: ProviderReply;
  readonly reply?: ProviderReply;
  readonly next: object;
  readonly effort?: string;
  readonly quirks?: readonly Quirk[];
}

const has = (field: string) => (body: ProviderCall["body"]) => field in body;
const hasSystem = ({ messages }: ProviderCall["body"]) =>
  JSON.stringify(messages).includes('"system"');

const servers: Readonly<Record<string, Server>> = {
  "max_completion_tokens (Mistral)": {
    refuses: has("max_completion_tokens"),
    refusal: refused(422, { object: "error", message: pydantic("max_completion_tokens") }),
    next: { max_tokens: 9, max_completion_tokens: undefined },
  },
  "max_completion_tokens (a server on FastAPI)": {
    refuses: has("max_completion_tokens"),
    refusal: refused(422, pydantic("max_completion_tokens")),
    next: { max_tokens: 9 },
  },
  "max_completion_tokens (in words)": {
    refuses: has("max_completion_tokens"),
    refusal: invalid("Unrecognized request argument supplied: max_completion_tokens"),
    next: { max_tokens: 9 },
  },
  "max_tokens, which the operator declared (OpenAI)": {
    refuses: has("max_tokens"),
    refusal: invalid(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      { param: "max_tokens", code: "unsupported_parameter" },
    ),
    quirks: ["max-tokens"],
    next: { max_completion_tokens: 9, max_tokens: undefined },
  },
  stream_options: {
    refuses: has("stream_options"),
    refusal: invalid("Unrecognized request argument supplied: stream_options"),
    next: { stream: true, stream_options: undefined },
  },
  "system messages (vLLM with Gemma)": {
    refuses: hasSystem,
    refusal: refused(400, { object: "error", message: "System role not supported", code: 400 }),
    next: { messages: [{ role: "user", content: "Be kind.\n\nHow does the mill turn?" }] },
  },
  "system messages (o1-mini)": {
    refuses: hasSystem,
    refusal: invalid("Unsupported value: 'messages[0].role' does not support 'system'.", {
      ...{ param: "messages[0].role", code: "unsupported_value" },
    }),
    next: { messages: [{ role: "user", content: "Be kind.\n\nHow does the mill turn?" }] },
  },
  "system messages (by the field's name alone)": {
    refuses: hasSystem,
    refusal: invalid("Invalid value: 'system'. Supported values are: 'user' and 'assistant'.", {
      param: "messages[0].role",
    }),
    next: { messages: [{ role: "user", content: "Be kind.\n\nHow does the mill turn?" }] },
  },
  "system messages, with the status 500 (llama.cpp)": {
    refuses: hasSystem,
    refusal: refused(500, { error: { message: "Jinja: System role not supported", code: 500 } }),
    next: { messages: [{ role: "user", content: "Be kind.\n\nHow does the mill turn?" }] },
  },
  "text as content": {
    refuses: ({ messages }) => JSON.stringify(messages).includes('"content":"'),
    refusal: refused(422, {
      detail: [{ loc: ["body", "messages", 0, "content"], msg: "Input should be a valid list" }],
    }),
    next: {
      messages: [
        { role: "system", content: [{ type: "text", text: "Be kind." }] },
        { role: "user", content: [{ type: "text", text: "How does the mill turn?" }] },
      ],
    },
  },
  streams: {
    refuses: ({ stream }) => stream === true,
    refusal: invalid("Unsupported value: 'stream' does not support true with this model.", {
      ...{ param: "stream", code: "unsupported_value" },
    }),
    reply: whole,
    next: { stream: false, stream_options: undefined },
  },
  reasoning_effort: {
    refuses: has("reasoning_effort"),
    refusal: invalid("Unrecognized request argument supplied: reasoning_effort"),
    effort: "low",
    next: { reasoning_effort: undefined, max_completion_tokens: 9 },
  },
};

const absent = {
  ...{ max_tokens: undefined, max_completion_tokens: undefined },
  ...{ stream_options: undefined, reasoning_effort: undefined },
};

test.each(Object.entries(servers))(
  "writes the request again for a server that does not take %s, and remembers it",
  async (_, { refuses, refusal, reply = good, next, ...options }) => {
    const { calls, chat, sent, lessons } = await setup(
      ({ body }) => (refuses(body) ? refusal : reply),
      options,
    );
    expect(await chat()).toBe("By water.");
    expect(calls).toHaveLength(2);
    expect({ ...absent, ...sent(1) }).toMatchObject(next);
    expect(lessons).toHaveLength(1);
    expect(await chat()).toBe("By water.");
    expect(calls).toHaveLength(3);
  },
);

test("finds out several quirks of one server in one completion", async () => {
  const { calls, chat, sent } = await setup(({ body }) => {
    if ("max_completion_tokens" in body) return refused(422, pydantic("max_completion_tokens"));
    if ("stream_options" in body) return refused(422, pydantic("stream_options"));
    return hasSystem(body) ? invalid("System role not supported") : good;
  });
  expect(await chat()).toBe("By water.");
  expect(calls).toHaveLength(4);
  expect(Object.keys(sent(3)).sort()).toEqual(["max_tokens", "messages", "model", "stream"]);
});

test("learns once from calls that are refused at the same time", async () => {
  const { calls, chat } = await setup(({ body }) =>
    "max_completion_tokens" in body ? refused(422, pydantic("max_completion_tokens")) : good,
  );
  await Promise.all([chat(), chat(), chat()]);
  expect(await chat()).toBe("By water.");
  expect(calls.length).toBeLessThanOrEqual(7);
  expect(calls.at(-1)?.body).toMatchObject({ max_tokens: 9 });
});

test("forgets what it learned if the server refuses the other request too", async () => {
  const { calls, chat, sent, lessons } = await setup(() => invalid("stream_options is sad today"));
  await expect(chat()).rejects.toThrow(/stream_options is sad today/);
  expect(calls).toHaveLength(2);
  await expect(chat()).rejects.toThrow();
  expect(sent(2)).toMatchObject({ stream_options: { include_usage: true } });
  expect(lessons).toEqual([]);
});

test.each([
  "Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 16.",
  "max_completion_tokens must be at least 16",
])("does not take the refusal of a value for that of a field: %s", async (message) => {
  const { calls, chat } = await setup(() => invalid(message, { param: "max_completion_tokens" }));
  const error = await chat().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(JobFailure);
  expect(error).toMatchObject({
    ...{ reason: "PROVIDER_BAD_REQUEST", retryable: false },
    message: expect.stringContaining(message),
  });
  expect(calls).toHaveLength(1);
});

test.each([
  [401, "invalid_api_key"],
  [403, "forbidden"],
  [429, "rate_limit_exceeded"],
  [503, "overloaded"],
])("makes no other call after a %i that names a field", async (status, code) => {
  const message = "stream_options and system role are not supported";
  const { calls, chat } = await setup(() => refused(status, { error: { message, code } }));
  await expect(chat()).rejects.toMatchObject({ provider: { httpStatus: status } });
  expect(calls).toHaveLength(1);
});

test("speaks to Azure: its parameters in the address, and its header for the key", async () => {
  const { calls, chat } = await setup(() => good, { query: "?api-version=2024-06-01&a=b" });
  await chat();
  expect(calls[0]?.path).toBe("/v1/chat/completions?api-version=2024-06-01&a=b");
  expect(calls[0]?.headers).toMatchObject({ "api-key": "sk-the-key" });
  expect(calls[0]?.authorization).toBe("");
});

test("sends the key in Azure's header where the operator declares it", async () => {
  const { calls, chat } = await setup(() => good, { quirks: ["api-key-header"] });
  await chat();
  expect(calls[0]?.headers).toMatchObject({ "api-key": "sk-the-key" });
  expect(calls[0]?.authorization).toBe("");
});

test("sends the declared effort", async () => {
  const { chat, sent } = await setup(() => good, { effort: "minimal" });
  await chat();
  expect(sent(0)).toMatchObject({ reasoning_effort: "minimal" });
});

const unended: ProviderReply = {
  ...{ kind: "stream" },
  events: [answerChunk({ content: "By water." }), "data: [DONE]\n\n"],
};

test("takes an answer without finish_reason only where the operator declares it", async () => {
  const declared = await setup(() => unended, { quirks: ["no-finish-reason"] });
  expect(await declared.chat()).toBe("By water.");
  const { chat } = await setup(() => unended);
  await expect(chat()).rejects.toMatchObject({ reason: "ANSWER_BROKEN_OFF" });
});

test("takes text as thought until its closing tag where the operator declares it", async () => {
  const events = [answerChunk({ content: "Hmm.</think>By water." }, "stop")];
  const { chat } = await setup(() => ({ kind: "stream", events }), { quirks: ["thought-first"] });
  expect(await chat()).toBe("By water.");
});

test.each([
  [{ message: { detail: "no such model" } }, "no such model"],
  [{ detail: "no such model" }, "no such model"],
  [{ error: "no such model" }, "no such model"],
  [{ error: { message: "no such model" } }, "no such model"],
])("shows the message of a refusal in whatever form: %j", async (body, message) => {
  const { chat } = await setup(() => refused(404, body));
  await expect(chat()).rejects.toThrow(new RegExp(`refused the call: 404 .*${message}`));
});

test("does not show a page of HTML", async () => {
  const page = "<html><center>nginx</center></html>";
  const { chat } = await setup(() => ({
    ...{ kind: "body", status: 502, type: "text/html", body: page },
  }));
  await expect(chat()).rejects.toThrow(/502 the answer is a page of HTML/);
});

test("docs/providers.md lists every quirk", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/providers.md"), "utf8");
  const [, section = ""] = /^## Quirks$(.*?)^## /ms.exec(page) ?? [];
  const listed = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, quirk]) => quirk);
  expect(listed.sort()).toEqual(quirks.toSorted());
});
