import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { CallOptions, ConnectOptions } from "./connect-options.ts";
import { Connection } from "./connection.ts";
import { type Webhooks, webhookCalls } from "./webhooks.ts";

export { explanationOf } from "./explanation.ts";
export { jobOf } from "./job.ts";
export { watchEventsOf } from "./watch.ts";

export interface ConnectAdminOptions extends Omit<ConnectOptions, "apiKey"> {
  /** The token that the scheduler expects in MILLRACE_ADMIN_TOKEN. Leave it out if the scheduler has none. */
  readonly token?: string | undefined;
}

/**
 * Calls an operator's methods on a scheduler, with the messages of the contract. Every failure is a
 * MillraceError. `call` and `stream` repeat nothing.
 */
export interface Admin {
  /** `call(AdminService.method.putQueue, { queue: { name: "mail" } })`. */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): Promise<MessageShape<O>>;
  /** Leaving the loop cancels the call. Without a deadline the call has no time limit. */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): AsyncIterable<MessageShape<O>>;
  /** The webhook endpoints of operators. They receive the type "job.dead_lettered". Calls that are safe to repeat are repeated. */
  readonly webhooks: Webhooks;
  close(): void;
}

/** Returns at once. The connection opens at the first call. */
export function connectAdmin({ token, ...options }: ConnectAdminOptions): Admin {
  const connection = new Connection({ ...options, apiKey: token });
  return {
    call: (method, request, call = {}) =>
      connection.unary(method, request, connection.deadlineAtMs(call), call.signal),
    stream: (method, request, call = {}) => connection.serverStream(method, request, call),
    webhooks: webhookCalls(connection),
    close: () => connection.close(),
  };
}
