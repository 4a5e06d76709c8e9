import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import {
  DestinationPolicy,
  parseAllowedDestinations,
  type Resolve,
  systemResolver,
} from "@millrace/destinations";
import { type Clock, systemClock } from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import { seededRandom } from "@millrace/testing";
import { JobFailure } from "@millrace/worker-sdk";
import { expect, onTestFinished } from "vitest";
import { webhookExecutor } from "../src/executors/webhook.ts";
import { Connections } from "../src/webhooks/connections.ts";
import { attempt } from "./setup.ts";

/** A receiver on a port of 127.0.0.1, and what it has heard. */
export async function startReceiver(answer: RequestListener) {
  const heard: { readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }[] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    heard.push({ headers: request.headers, body });
    answer(request, response);
  });
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    ...{ server, heard, port, url: `http://127.0.0.1:${port}/hook?token=in-the-query` },
    connections: () => connections,
  };
}

export interface CourierChange {
  readonly allowed?: string;
  readonly clock?: Clock;
  readonly resolve?: Resolve;
  readonly maxIdle?: number;
}

/** The webhook executor, whose requests may go to this machine. */
export function startSending(change: CourierChange = {}) {
  const { allowed = "http://127.0.0.1", clock = systemClock, resolve = systemResolver } = change;
  const policy = new DestinationPolicy(parseAllowedDestinations(allowed).allowed);
  const connections = new Connections({
    ...{ policy, resolve, resolveNamed: resolve, maxIdle: change.maxIdle ?? 16 },
  });
  onTestFinished(() => connections.close());
  const metrics = createMetrics("worker");
  const execute = webhookExecutor({
    ...{ policy, connections, clock, metrics, random: seededRandom(1), timeoutMs: 15_000 },
  });
  const logged: string[] = [];
  const send = (
    payload: object,
    { attempt: number = 1, signal = new AbortController().signal } = {},
  ) =>
    execute({
      ...attempt(payload).context,
      ...{ pool: "webhook/we_1", attempt: number, signal },
      log: (level, message, fields) =>
        void logged.push(JSON.stringify({ level, message, ...fields })),
    });
  const post = (url: string, more = {}) =>
    send({ url, headers: { "webhook-id": "evt_1" }, body: "{}" }, more);
  /** Sends a webhook that must fail. */
  const failure = async (url: string, more = {}) => {
    const error = await post(url, more).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobFailure);
    return error as JobFailure;
  };
  return { logged, metrics, send, post, failure };
}
