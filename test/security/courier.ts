/**
 * The shipped worker as a courier in its own process, a scheduler that gives it deliveries, and receivers. 127.0.0.2 stands
 * for the Internet, because the operator of the test allows it. 127.0.0.1 stands for the operator's network.
 */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { startService } from "@millrace/local";
import { type AttemptOutcome, StopReason } from "@millrace/proto/worker-service";
import type { WebhookAnswer } from "@millrace/shared";
import { fakeScheduler, lease } from "../../packages/worker-sdk/test/fake-scheduler.ts";
import { startDnsServer, type Zone } from "./dns-server.ts";

export const OUTSIDE = "127.0.0.2";
export const INSIDE = "127.0.0.1";

export interface Delivered {
  /** Undefined: it succeeded. */
  readonly reason: string | undefined;
  readonly message: string;
  readonly retryable: boolean;
  readonly answer: WebhookAnswer;
}

export interface CourierOptions {
  readonly zone?: Zone;
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startCourierProcess({ zone = () => [], settings = {} }: CourierOptions) {
  const parts = new AsyncDisposableStack();
  const dns = await startDnsServer(zone);
  parts.defer(() => void dns.close());
  const scheduler = await fakeScheduler();
  parts.defer(() => scheduler.close());
  const lines: string[] = [];
  const started = startService("worker", {
    settings: {
      ...{ MILLRACE_SCHEDULER_ADDRESS: `127.0.0.1:${scheduler.port}`, MILLRACE_METRICS_PORT: "0" },
      ...{ MILLRACE_QUEUES: "millrace-webhooks", MILLRACE_LOG_LEVEL: "debug" },
      MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS: `http://${OUTSIDE}`,
      ...{ MILLRACE_WEBHOOK_DNS_SERVERS: dns.address, MILLRACE_WEBHOOK_TIMEOUT_MS: "1500" },
      ...settings,
    },
    log: (line) => void lines.push(line),
  });
  const [worker, stream] = await Promise.all([started, scheduler.stream()]);
  parts.use(worker);
  const hello = await stream.next("hello");
  stream.welcome();
  const waiting = new Map<bigint, (outcome: AttemptOutcome["outcome"]) => void>();
  const settled = async (): Promise<never> => {
    for (;;) {
      const { outcomes } = await stream.next("settle");
      for (const { lease: ref, outcome } of outcomes) {
        const token = ref?.fencingToken ?? 0n;
        stream.settleAck(undefined, token);
        waiting.get(token)?.(outcome);
      }
    }
  };
  void settled();
  let token = 0n;
  const begin = (url: string) => {
    token += 1n;
    const { promise, resolve } = Promise.withResolvers<AttemptOutcome["outcome"]>();
    waiting.set(token, resolve);
    const headers = { "webhook-id": "evt_1", "webhook-signature": "v1,the-signature" };
    stream.assignAll([["webhook", token, { url, headers, body: '{"secret":"in-the-body"}' }]]);
    return { lease: lease(token), outcome: promise };
  };
  return {
    ...{ worker, dns, hello, lines, begin },
    /** Delivers a webhook, and resolves with how that ended. */
    deliver: async (url: string): Promise<Delivered> => resultOf(await begin(url).outcome),
    stop: (ref: ReturnType<typeof lease>) =>
      stream.send({
        case: "stop",
        value: { attempts: [{ lease: ref, reason: StopReason.CANCELLED }] } as never,
      }),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function resultOf(outcome: AttemptOutcome["outcome"]): Delivered {
  if (outcome.case === "completed") {
    const answer = JSON.parse(outcome.value.resultJson) as WebhookAnswer;
    return { reason: undefined, message: "", retryable: false, answer };
  }
  if (outcome.case !== "failed") throw new Error(`the delivery ended as ${outcome.case}`);
  const { reason = "", message = "", retryable = false, detailsJson } = outcome.value.failure ?? {};
  return { reason, message, retryable, answer: JSON.parse(detailsJson || "{}") as WebhookAnswer };
}

/** A server that speaks to each connection as the test wants it. It may be one that must never be reached. */
export async function startReceiver(
  host: string,
  speak: (socket: Socket) => void,
  options: { readonly port?: number; readonly server?: Server } = {},
) {
  let connections = 0;
  const { port: wanted = 0, server = createServer() } = options;
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    connections += 1;
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
    speak(socket);
  });
  server.listen(wanted, host);
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    ...{ server, port, url: `http://${host}:${port}/` },
    connections: () => connections,
    close: () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

/** Answers the first request of a connection with these bytes. */
export const saying =
  (...answers: readonly (string | Uint8Array)[]) =>
  (socket: Socket): void => {
    socket.once("data", () => {
      for (const answer of answers) socket.write(answer);
    });
  };

export const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
