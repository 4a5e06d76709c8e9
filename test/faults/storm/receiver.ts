/**
 * A receiver of webhooks that behaves badly: the first request of an event may be answered by any status, late, never, or by
 * a broken connection. Further requests of the event are answered well, because a delivery waits minutes after its second
 * failure. It notes what arrived, whatever it answered.
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, sleep } from "@millrace/shared";
import { seededRandom } from "@millrace/testing";
import { Webhook } from "standardwebhooks";

/** Longer than the deadline of a request in a storm. */
const HANG_MS = 60_000;
const SLOW_MS = 1_000;

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  /** The secrets of its endpoints. A request that none of them signed is wrong. */
  readonly secrets: string[];
  /** The ids of the events that arrived, by "subject type". */
  readonly arrived: ReadonlyMap<string, ReadonlySet<string>>;
  readonly wrong: readonly string[];
}

type Answer = (response: ServerResponse, clock: Clock) => Promise<void> | void;

const status =
  (code: number, headers = {}): Answer =>
  (response) => {
    response.writeHead(code, headers).end("no");
  };

const answers: readonly Answer[] = [
  status(301, { location: "http://127.0.0.1:1/" }),
  status(404),
  status(429, { "retry-after": "1" }),
  status(500),
  status(503),
  (response) => {
    response.destroy();
  },
  (response) => {
    response.writeHead(200, { "content-length": "100" }).write("half of");
    response.destroy();
  },
  async (response, clock) => {
    await sleep(clock, SLOW_MS);
    response.end();
  },
  async (response, clock) => {
    await sleep(clock, HANG_MS);
    response.destroy();
  },
];
/** The share of events whose first request is answered badly. */
const BAD = 0.1;

export async function startReceiver(seed: number, clock: Clock): Promise<Receiver> {
  const random = seededRandom(seed);
  const arrived = new Map<string, Set<string>>();
  const seen = new Set<string>();
  const wrong: string[] = [];
  const secrets: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await request.toArray().catch(() => undefined);
    // The courier was killed.
    if (body === undefined) return;
    const text = Buffer.concat(body).toString("utf8");
    const id = String(request.headers["webhook-id"]);
    const headers = request.headers as Record<string, string>;
    if (!secrets.some((secret) => isSigned(secret, text, headers)))
      wrong.push(`${id}: no signature`);
    const { type, data, id: named } = JSON.parse(text);
    if (named !== id) wrong.push(`${id}: its body names ${named}`);
    const subject = `${data.id} ${type}`;
    arrived.set(subject, (arrived.get(subject) ?? new Set()).add(id));
    const isFirst = !seen.has(id);
    seen.add(id);
    const answer = answers[Math.floor(random.next() * answers.length)];
    if (isFirst && random.next() < BAD && answer !== undefined) await answer(response, clock);
    else response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    ...{ secrets, arrived, wrong },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function isSigned(secret: string, body: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}
