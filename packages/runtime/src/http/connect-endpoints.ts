import type { IncomingMessage, ServerResponse } from "node:http";
import type { DescMethod, MessageShape } from "@bufbuild/protobuf";
import {
  createConnectRouter,
  createContextValues,
  type HandlerContext,
  type MethodImpl,
} from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { universalRequestFromNodeRequest } from "@connectrpc/connect-node";
import { detailTypes, nextOrAbort } from "@millrace/grpc";
import { type AnyHandler, type BoundService, methodsOf } from "../handlers.ts";
import type { Inflow } from "../inflow/inflow.ts";
import { RpcFault, rpcError } from "../rpc-fault.ts";
import { type CallSettings, runCall } from "../run-call.ts";
import { assertValid } from "../validation.ts";
import { sendAnswer } from "./answer.ts";
import { boundedBody, type MessageLimits } from "./bounded-body.ts";
import { ConnectCall, callKey, callOf } from "./connect-call.ts";
import { toConnectError } from "./connect-fault.ts";
import { type BodyUse, type IncomingHttpCall, incomingCall } from "./incoming-call.ts";
import { sendFault } from "./problem.ts";
import { headersOf, peerOf } from "./request.ts";
import type { Endpoint } from "./router.ts";

type Message = MessageShape<DescMethod["input"]>;

async function* validated(method: DescMethod, requests: AsyncIterable<Message>, call: ConnectCall) {
  const iterator = requests[Symbol.asyncIterator]();
  for (;;) {
    const next = await nextOrAbort(iterator, call.context.signal);
    if (next.done === true) return;
    call.unread = undefined;
    assertValid(method.input, next.value);
    yield next.value;
    call.incoming.consumed();
  }
}

/** Passes responses on, as writeAll does for gRPC: when the caller has left, it does not wait for a stuck source. */
async function* relayed(responses: AsyncIterable<object>, call: ConnectCall) {
  const iterator = responses[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await nextOrAbort(iterator, call.context.signal);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    throw call.failed(error);
  } finally {
    call.ended();
    iterator.return?.()?.catch(() => undefined);
  }
}

/** Adapts a typed handler to the form that Connect calls. */
function adaptHandler(method: DescMethod, handler: AnyHandler): MethodImpl<DescMethod> {
  const streamsIn =
    method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming";
  const streamsOut =
    method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming";
  const start = (input: unknown, call: ConnectCall): unknown => {
    if (streamsIn) {
      return handler(validated(method, input as AsyncIterable<Message>, call), call.context);
    }
    call.unread = undefined;
    assertValid(method.input, input as Message);
    return handler(input, call.context);
  };
  const implementation = streamsOut
    ? (input: unknown, context: HandlerContext) => {
        const call = callOf(context);
        try {
          return relayed(start(input, call) as AsyncIterable<object>, call);
        } catch (error) {
          throw call.failed(error);
        }
      }
    : async (input: unknown, context: HandlerContext) => {
        const call = callOf(context);
        try {
          return await start(input, call);
        } catch (error) {
          throw call.failed(error);
        } finally {
          call.ended();
        }
      };
  return implementation as MethodImpl<DescMethod>;
}

/** Serves the services' methods over Connect, gRPC-Web and, on HTTP/2, gRPC. */
export function connectEndpoints(
  services: readonly BoundService<never>[],
  settings: CallSettings,
  limits: MessageLimits & { readonly inflow: Inflow },
): Endpoint[] {
  const router = createConnectRouter({
    // Answers are not compressed either. A proxy may do that; this process has more important work.
    acceptCompression: [],
    readMaxBytes: limits.messageBytes,
    // Unknown fields are dropped, because no handler reads them.
    binaryOptions: { readUnknownFields: false },
    jsonOptions: { registry: detailTypes },
    requestGate: (context) => callOf(context).enter(context),
  });
  for (const service of services) {
    for (const [method, handler] of methodsOf(service)) {
      router.rpc(method, adaptHandler(method, handler));
    }
  }
  return router.handlers.flatMap((handler) =>
    handler.allowedMethods.map((method) => ({
      method,
      path: handler.requestPath,
      serve: (request, response) => {
        const incoming = incomingCall(request, response, limits.inflow);
        const body = connectBody(incoming.body(bodyUseOf(request), limits.messageBytes));
        return serveCall({ handler, settings, limits, request, response, incoming, body });
      },
    })),
  );
}

/** Only Connect's unary calls have their message without a frame. */
const bodyUseOf = ({ headers }: IncomingMessage): BodyUse =>
  /^application\/(grpc|connect\+)/.test(headers["content-type"] ?? "") ? "messages" : "whole";

/** Turns faults into Connect's errors: Connect sends those as they are, and takes other errors for bugs. */
async function* connectBody(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw error instanceof RpcFault ? toConnectError(error) : error;
  }
}

interface ServingCall {
  readonly handler: UniversalHandler;
  readonly settings: CallSettings;
  readonly limits: MessageLimits;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly incoming: IncomingHttpCall;
  readonly body: AsyncIterable<Buffer>;
}

async function serveCall({ handler, settings, request, response, ...serving }: ServingCall) {
  const { incoming } = serving;
  const { gone, signal, end } = incoming;
  const started = {
    protocol: "connectrpc",
    path: handler.requestPath,
    headers: headersOf(request),
    peer: peerOf(request),
    ...{ signal, end },
  } as const;
  const fault = await runCall(settings, started, async (admit) => {
    const call = new ConnectCall(admit, settings, incoming);
    const contextValues = createContextValues().set(callKey, call);
    const universal = universalRequestFromNodeRequest(request, response, undefined, contextValues);
    const desc = handler.method.input;
    const form = {
      ...{ desc, headers: started.headers, limits: serving.limits },
      onJson: (json: Uint8Array) => {
        call.unread = { desc, json };
      },
    };
    const received = boundedBody(serving.body, form);
    const answer = await handler({ ...universal, body: received, signal });
    if (!call.entered) throw unknownType(request);
    const { status, header, body, trailer } = answer;
    await sendAnswer(
      response,
      {
        status,
        headers: Object.fromEntries(header ?? []),
        ...(body === undefined ? {} : { body }),
        ...(trailer === undefined ? {} : { trailers: trailer }),
      },
      { gone, signal },
    );
    call.assertSucceeded();
  });
  if (fault !== undefined) sendFault(response, fault);
}

const unknownType = ({ headers }: IncomingMessage) =>
  rpcError({
    reason: "MEDIA_TYPE",
    message: `content-type: must be application/json, application/proto, or a type of gRPC-Web, not ${headers["content-type"] ?? "missing"}`,
  });
