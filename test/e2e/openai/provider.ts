/** A provider of OpenAI's protocol, for tests: it answers by itself, or a test answers for it. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { chunks, completion, embeddings, response, responseEvents } from "./answers.ts";
import { toolResponse, toolResponseEvents } from "./tool-answers.ts";

type Json = Readonly<Record<string, unknown>>;

/** A call that a test answers. */
export interface HeldCall {
  readonly path: string;
  readonly body: Json;
  /** Resolves when the worker has left before the end. */
  readonly left: Promise<void>;
  send(...events: Json[]): void;
  /** Ends a stream, or answers with a whole object. */
  end(whole?: Json): void;
  /** Breaks the connection. */
  cut(): void;
}

/** The last text of a request. */
export function promptOf({ messages, input }: Json): string {
  const last = Array.isArray(messages ?? input)
    ? ((messages ?? input) as Json[]).at(-1)
    : undefined;
  const content = last?.content ?? last?.output ?? input;
  if (typeof content === "string") return content;
  return Array.isArray(content) ? String((content[0] as Json | undefined)?.text) : "";
}

const event = (data: Json): string => `data: ${JSON.stringify(data)}\n\n`;

/** What is answered to a prompt. */
const answerTo = (prompt: string): string => `You said: ${prompt}`;

function answer({ path, body }: Pick<HeldCall, "path" | "body">, reply: ServerResponse): void {
  const prompt = promptOf(body);
  const text = body.text !== undefined ? '{"city":"Nantucket"}' : answerTo(prompt);
  const offers = Array.isArray(body.tools) && body.tools.length > 0;
  const wantsTool = offers && !/"role":"tool"|"function_call_output"/.test(JSON.stringify(body));
  const refused = /^refuse (\d{3})/.exec(prompt)?.[1];
  if (refused !== undefined) {
    const error = { message: "the provider says no", type: "invalid_request_error" };
    reply.writeHead(Number(refused), { "content-type": "application/json" });
    reply.end(JSON.stringify({ error: { ...error, param: "messages", code: "no_such_thing" } }));
    return;
  }
  if (body.stream === true) {
    const isChat = path === "/v1/chat/completions";
    const said = wantsTool ? toolResponseEvents() : responseEvents(text);
    const events = isChat ? chunks(text, wantsTool) : said;
    reply.writeHead(200, { "content-type": "text/event-stream" });
    reply.end(events.map(event).join("") + (isChat ? "data: [DONE]\n\n" : ""));
    return;
  }
  const whole =
    path === "/v1/embeddings"
      ? embeddings(body)
      : path === "/v1/responses"
        ? wantsTool
          ? toolResponse()
          : response(text)
        : completion(text, wantsTool);
  reply.writeHead(200, { "content-type": "application/json" });
  reply.end(JSON.stringify(whole));
}

export async function startProvider() {
  const calls: Pick<HeldCall, "path" | "body">[] = [];
  const held: HeldCall[] = [];
  const waiting: ((call: HeldCall) => void)[] = [];
  const hold = (call: Pick<HeldCall, "path" | "body">, reply: ServerResponse) => {
    const left = Promise.withResolvers<void>();
    reply.once("close", () => reply.writableFinished || left.resolve());
    if (call.body.stream === true) {
      reply.writeHead(200, { "content-type": "text/event-stream" });
      reply.flushHeaders();
    }
    const one: HeldCall = {
      ...call,
      left: left.promise,
      send: (...events) => void reply.write(events.map(event).join("")),
      end(whole) {
        if (whole !== undefined) reply.writeHead(200, { "content-type": "application/json" });
        reply.end(whole === undefined ? undefined : JSON.stringify(whole));
      },
      cut: () => void reply.destroy(),
    };
    const next = waiting.shift();
    if (next === undefined) held.push(one);
    else next(one);
  };
  const server = createServer((request, reply) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.once("end", () => {
      const body = JSON.parse(Buffer.concat(pieces).toString("utf8")) as Json;
      const call = { path: request.url ?? "", body };
      calls.push(call);
      if (promptOf(body).startsWith("hold")) hold(call, reply);
      else answer(call, reply);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** All calls, in order of arrival. */
    calls,
    /** The next call whose prompt begins with "hold". */
    next: () =>
      new Promise<HeldCall>((resolve) => {
        const one = held.shift();
        if (one === undefined) waiting.push(resolve);
        else resolve(one);
      }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
