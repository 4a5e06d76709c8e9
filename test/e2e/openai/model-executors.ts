/** Executors of the types that pass a provider's request and answer through, by the worker SDK. */
import { type AttemptContext, type Executor, JobFailure } from "@millrace/worker-sdk";
import { EventSourceParserStream } from "eventsource-parser/stream";

type Json = Readonly<Record<string, unknown>>;

const brokenOff = (cause: unknown) =>
  new JobFailure("ANSWER_BROKEN_OFF", "The provider broke off its answer.", true, { cause });

async function refusal(answer: Response): Promise<JobFailure> {
  const { error } = (await answer.json()) as { error: Json };
  const retryable = answer.status === 429 || answer.status >= 500;
  const reason = retryable ? "PROVIDER_ERROR" : "PROVIDER_BAD_REQUEST";
  const details = { status: answer.status, error };
  return new JobFailure(reason, String(error.message), retryable, { details });
}

/** Adds the deltas of a chat completion to one object. */
function wholeOf(events: readonly Json[]): Json {
  const [first] = events;
  const choices = events.flatMap(({ choices }) => choices as Json[]);
  const deltas = choices.map(({ delta }) => delta as Json);
  const content = deltas.map((delta) => delta.content ?? "").join("");
  const calls = deltas.flatMap(({ tool_calls: some }) => (some as Json[] | undefined) ?? []);
  const finish = choices.at(-1)?.finish_reason;
  const message = {
    role: "assistant",
    content,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
  return {
    ...{ ...first, object: "chat.completion" },
    choices: [{ index: 0, message, finish_reason: finish }],
  };
}

async function relayed(context: AttemptContext, answer: Response): Promise<Json> {
  const events: Json[] = [];
  try {
    const body = answer.body ?? new ReadableStream();
    const lines = body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    for await (const { data } of lines) {
      if (data === "[DONE]") break;
      events.push(JSON.parse(data) as Json);
      await context.writeData(Buffer.from(`${data}\n`));
    }
  } catch (error) {
    throw context.signal.aborted ? error : brokenOff(error);
  }
  const last = events.at(-1);
  if (last?.response !== undefined) return last.response as Json;
  if (last?.type !== undefined || last === undefined) throw brokenOff("no end");
  return wholeOf(events);
}

const passThrough =
  (url: string, path: string): Executor =>
  async (context) => {
    const payload = context.payload as Json;
    const answer = await fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(payload),
      signal: context.signal,
    }).catch((error: unknown) => {
      throw context.signal.aborted ? error : brokenOff(error);
    });
    if (!answer.ok) throw await refusal(answer);
    return payload.stream === true ? await relayed(context, answer) : await answer.json();
  };

/** Executors that call the provider at this address. */
export const modelExecutors = (url: string): Readonly<Record<string, Executor>> => ({
  "chat.completions": passThrough(url, "/v1/chat/completions"),
  responses: passThrough(url, "/v1/responses"),
  embeddings: passThrough(url, "/v1/embeddings"),
});
