import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { CallOptions, ConnectOptions } from "./connect-options.ts";
import { Connection } from "./connection.ts";

export interface ConnectAdminOptions extends Omit<ConnectOptions, "apiKey"> {
  /** What the scheduler's MILLRACE_ADMIN_TOKEN says; it may be left out where that does not. */
  readonly token?: string | undefined;
}

/** Calls to a scheduler's listener for operators, in the contract's own messages. Every failure is a MillraceError; nothing is repeated. */
export interface Admin {
  /** `call(AdminService.method.putQueue, { queue: { name: "mail" } })`. */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): Promise<MessageShape<O>>;
  /** Leaving the loop cancels the call. Without a deadline it may take as long as it takes. */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): AsyncIterable<MessageShape<O>>;
  close(): void;
}

/** Connects on first use. */
export function connectAdmin({ token, ...options }: ConnectAdminOptions): Admin {
  const connection = new Connection({ ...options, apiKey: token });
  return {
    call: (method, request, call = {}) =>
      connection.unary(method, request, connection.deadlineAtMs(call), call.signal),
    stream: (method, request, call = {}) => connection.serverStream(method, request, call),
    close: () => connection.close(),
  };
}
