/**
 * A provider of OpenAI's protocol in a process of its own. The prompt says how many chunks it streams, and how long it pauses
 * between them. Each chunk is the time at which it was written, by the clock that all processes of the machine share.
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { serveParent } from "./child.ts";

/** What a prompt asks for, as JSON. */
export interface AskedStream {
  readonly chunks: number;
  readonly pauseMs: number;
}

const event = (delta: object, finish: string | null = null): string => {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  const head = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "bench" };
  return `data: ${JSON.stringify({ ...head, choices })}\n\n`;
};

function stream({ chunks, pauseMs }: AskedStream, reply: ServerResponse): void {
  reply.writeHead(200, { "content-type": "text/event-stream" });
  let written = 0;
  const write = () => {
    reply.write(event({ content: `${process.hrtime.bigint()}` }));
    written += 1;
    if (written < chunks) return;
    clearInterval(timer);
    reply.end(`${event({}, "stop")}data: [DONE]\n\n`);
  };
  const timer = setInterval(write, pauseMs);
  reply.once("close", () => clearInterval(timer));
  write();
}

await serveParent(async () => {
  const server = createServer((request, reply) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.once("end", () => {
      const { messages } = JSON.parse(Buffer.concat(pieces).toString("utf8")) as {
        readonly messages: readonly { readonly content: string }[];
      };
      stream(JSON.parse(messages[0]?.content ?? "") as AskedStream, reply);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    answer: async () => ({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` }),
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
});
