import type { ServerHttp2Stream } from "node:http2";
import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";
import { compressedFlag } from "../compression.ts";
import type { RpcFault } from "../rpc-fault.ts";
import type { Inflow, InflowCall } from "./inflow.ts";
import { MessageFrames } from "./message-frames.ts";

/** How long a caller may go on sending after its call has ended. What it sends is discarded. */
const LINGER_MS = 5_000;
const NO_ERROR = 0;

/** grpc-js hides its stream, and has no other way to stop a sender in the middle of a message. */
export const streamOf = (call: ServerInterceptingCallInterface): ServerHttp2Stream =>
  (call as unknown as { readonly stream: ServerHttp2Stream }).stream;

export interface GrpcInflow {
  readonly call: InflowCall;
  /** Call this when the call has its status. */
  ended(): void;
}

/** Watches the messages of one call while grpc-js reads them, and pauses its stream while a message must wait. */
export function watchGrpcStream(
  inflow: Inflow,
  stream: ServerHttp2Stream,
  { streamsIn, end }: { readonly streamsIn: boolean; readonly end: (fault: RpcFault) => void },
): GrpcInflow {
  const { session } = stream;
  const call = inflow.open(session ?? stream, String(session?.socket?.remoteAddress), end);
  const flow = holdable(stream);
  const frames = new MessageFrames({
    onBegin(bytes, flags) {
      // grpc-js would accept the message as if it were uncompressed.
      if (flags !== 0) return call.end(compressedFlag());
      if (!call.begin(bytes, () => flow.release())) flow.hold();
    },
    // A unary request is complete only once the caller has half-closed the stream.
    onComplete: () => {
      if (streamsIn) call.finished();
    },
  });
  let over = false;
  const onData = (piece: Buffer) => {
    if (!over) frames.push(piece);
  };
  stream.on("data", onData);
  stream.once("end", () => {
    call.finished();
    if (!streamsIn) call.consumed();
  });
  stream.once("close", () => call.close());
  return {
    call,
    ended() {
      if (over) return;
      over = true;
      call.close();
      flow.release();
      if (stream.readableEnded || stream.destroyed) return;
      const late = inflow.clock.after(LINGER_MS, () => stream.close(NO_ERROR));
      stream.once("close", () => late.cancel());
    },
  };
}

/** Makes a stream that can be held. While it is held it stays paused; on release it does what its reader last asked for. */
function holdable(stream: ServerHttp2Stream) {
  const pause = stream.pause.bind(stream);
  const resume = stream.resume.bind(stream);
  let held = false;
  let wanted = stream.readableFlowing === true;
  stream.pause = () => {
    wanted = false;
    return pause();
  };
  stream.resume = () => {
    wanted = true;
    return held ? stream : resume();
  };
  return {
    hold() {
      held = true;
      wanted = true;
      pause();
    },
    release() {
      if (!held) return;
      held = false;
      if (wanted) resume();
    },
  };
}
