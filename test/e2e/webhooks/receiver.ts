import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { Heard } from "../../faults/heard.ts";

/** A request as it arrived. */
export interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  /** The raw body, over which the signature is. */
  readonly body: string;
}

/** A receiver of webhooks, on this machine. It answers 204, or what `answers` says for a path. */
export async function startReceiver() {
  const received = new Heard<Received>();
  const answers = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const pieces: Uint8Array[] = await Array.fromAsync(request);
    const path = String(request.url);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    received.add({ path, headers, body: Buffer.concat(pieces).toString() });
    response.writeHead(answers.get(path) ?? 204).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: (path: string) => `http://127.0.0.1:${port}${path}`,
    answers,
    /** Resolves with the first request, from index `from`, that fits. */
    next: (fits: (request: Received) => boolean, from = 0) => received.until(fits, from),
    count: () => received.items.length,
  };
}

export const eventOf = ({ body }: Received) =>
  JSON.parse(body) as {
    readonly id: string;
    readonly object: string;
    readonly type: string;
    readonly created_at: number;
    readonly data: Readonly<Record<string, unknown>> & { readonly id: string };
  };
