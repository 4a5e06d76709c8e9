import type { DescMessage } from "@bufbuild/protobuf";
import { ConnectError, createContextKey, type HandlerContext } from "@connectrpc/connect";
import { IDENTITY, refusedEncoding } from "../compression.ts";
import type { CallContext } from "../handlers.ts";
import { asRpcFault, RpcFault } from "../rpc-fault.ts";
import type { Admit, CallSettings } from "../run-call.ts";
import { fromConnectError, toConnectError } from "./connect-fault.ts";
import type { IncomingHttpCall } from "./incoming-call.ts";
import { cancelled } from "./request.ts";

/**
 * One call on its way through Connect. Connect's signal also aborts when a call has succeeded. The signal that handlers
 * get does not, and its reason is a fault.
 */
export class ConnectCall {
  readonly #abort = new AbortController();
  readonly #admit: Admit;
  readonly #settings: CallSettings;
  readonly incoming: IncomingHttpCall;
  #context: CallContext<unknown> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;
  /** The last message in JSON that no handler has got yet, and what it should be. Its faults are found only if Connect refuses it. */
  unread: { readonly desc: DescMessage; readonly json: Uint8Array } | undefined;
  /** Whether Connect recognised one of its protocols. */
  entered = false;

  constructor(admit: Admit, settings: CallSettings, incoming: IncomingHttpCall) {
    this.#admit = admit;
    this.#settings = settings;
    this.incoming = incoming;
  }

  get context(): CallContext<unknown> {
    if (this.#context === undefined) throw new Error("Connect ran a handler before its gate");
    return this.#context;
  }

  /** Authenticates the caller, before the body is read. */
  async enter({ signal, responseHeader }: HandlerContext): Promise<void> {
    this.entered = true;
    signal.addEventListener("abort", () => this.#onAbort(signal.reason), { once: true });
    try {
      const context = await this.#admit();
      this.incoming.admit(this.#settings.callerOf(context.identity));
      const refused = refusedEncoding(context.headers);
      if (refused !== undefined) {
        responseHeader.set(refused.accept, IDENTITY);
        throw refused.fault;
      }
      this.#context = { ...context, signal: this.#abort.signal };
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** Records the call's failure, and returns it as Connect sends it. */
  failed(error: unknown): ConnectError {
    this.#ended = true;
    const { signal } = this.#abort;
    const own = error instanceof ConnectError ? fromConnectError(error) : error;
    this.#failure ??= { error: signal.aborted ? signal.reason : own };
    return toConnectError(asRpcFault(this.#failure.error));
  }

  /** The handler has finished. */
  ended(): void {
    this.#ended = true;
  }

  assertSucceeded(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Handles an abort before the handler has finished: the caller left, the deadline passed, or Connect refuses the call. */
  #onAbort(reason: unknown): void {
    if (this.#ended) return;
    const fault = faultOf(reason, this.unread);
    this.#failure ??= { error: fault };
    this.#abort.abort(fault);
  }
}

function faultOf(reason: unknown, unread: ConnectCall["unread"]): RpcFault {
  if (reason instanceof ConnectError) return fromConnectError(reason, unread);
  return reason instanceof RpcFault ? reason : cancelled();
}

export const callKey = createContextKey<ConnectCall | undefined>(undefined);

export function callOf({ values }: HandlerContext): ConnectCall {
  const call = values.get(callKey);
  if (call === undefined) throw new Error("this call did not come through the listener");
  return call;
}
