/**
 * A receiver of webhooks that behaves badly: the first request of an event may be answered by any status, late, never, or by
 * a broken connection. Further requests of the event are answered well, because a delivery waits minutes after its second
 * failure. It notes what arrived, whatever it answered. At one of its URLs it answers 410 from some event on.
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
  /** The URL of callbacks. */
  readonly callbackUrl: string;
  /** The URL that answers 2xx to the first events, and 410 ever after. */
  readonly goneUrl: string;
  /** The secrets of its endpoints. A request that none of them signed is wrong. */
  readonly secrets: string[];
  /** The ids of the events that arrived, by "subject type". */
  readonly arrived: Arrivals;
  /** As `arrived`, by callback. */
  readonly called: Arrivals;
  /** How many requests the URL that wants no more was sent, and how many of them it answered by 410. */
  readonly gone: { readonly requests: number; readonly refused: number };
  readonly wrong: readonly string[];
}

/** Ids of events by "subject type". */
export type Arrivals = ReadonlyMap<string, ReadonlySet<string>>;

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
/** So many requests to the URL that wants no more are answered well. */
const GONE_AFTER = 20;
const paths = { callback: "/callback", gone: "/gone" };

export async function startReceiver(seed: number, clock: Clock): Promise<Receiver> {
  const random = seededRandom(seed);
  const arrived = new Map<string, Set<string>>();
  const called = new Map<string, Set<string>>();
  const gone = { requests: 0, refused: 0 };
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
    const { pathname } = new URL(request.url ?? "", "http://receiver");
    if (pathname === paths.gone) {
      gone.requests += 1;
      const refuses = gone.requests > GONE_AFTER;
      if (refuses) gone.refused += 1;
      response.writeHead(refuses ? 410 : 204).end();
      return;
    }
    const subject = `${data.id} ${type}`;
    const at = pathname === paths.callback ? called : arrived;
    at.set(subject, (at.get(subject) ?? new Set()).add(id));
    // An event has the same id at each of its receivers.
    const delivery = `${pathname} ${id}`;
    const isFirst = !seen.has(delivery);
    seen.add(delivery);
    const answer = answers[Math.floor(random.next() * answers.length)];
    if (isFirst && random.next() < BAD && answer !== undefined) await answer(response, clock);
    else response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    url: `${origin}/`,
    ...{ callbackUrl: origin + paths.callback, goneUrl: origin + paths.gone },
    ...{ secrets, arrived, called, gone, wrong },
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
