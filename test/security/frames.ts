/** HTTP/2 by the byte, and connections that say what no client would. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;

/** A frame; `length` may say something else than the payload is long. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(),
  length = payload.length,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HPACK's number with a prefix of 7 bits. */
function number7(value: number): number[] {
  if (value < 127) return [value];
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

/** Header fields as HPACK writes them at their plainest: literal, and not to be remembered. */
export const fields = (...all: readonly (readonly [name: string, value: string])[]): Buffer =>
  Buffer.concat(
    all.map(([name, value]) => {
      const [nameBytes, valueBytes] = [Buffer.from(name, "latin1"), Buffer.from(value, "latin1")];
      return Buffer.from([
        ...[0, ...number7(nameBytes.length), ...nameBytes],
        ...[...number7(valueBytes.length), ...valueBytes],
      ]);
    }),
  );

/** Of a gRPC call. */
export const callFields = (path: string, token: string | undefined): Buffer =>
  fields(
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", "localhost"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ...(token === undefined ? [] : ([["authorization", `Bearer ${token}`]] as const)),
  );

export interface RawConnection {
  /** Resolves when it is on its way, or nobody takes it any more. */
  send(bytes: Uint8Array): Promise<void>;
  readonly closed: boolean;
  /** The other side's first bytes: what is sent after these is read by whatever it speaks. */
  greeted(): Promise<void>;
}

/** A connection that breaks with the test, and whose breaking is no failure. */
export async function rawConnection(address: string | undefined): Promise<RawConnection> {
  const [host, port] = String(address).split(":");
  const socket: Socket = connect(Number(port), host);
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const first = Promise.withResolvers<void>();
  socket.on("data", () => first.resolve());
  socket.on("close", () => first.resolve());
  return {
    async send(bytes) {
      if (socket.destroyed || !socket.writable) return;
      if (socket.write(bytes)) return;
      await new Promise<void>((resolve) => {
        const settle = () => {
          socket.off("drain", settle).off("close", settle);
          resolve();
        };
        socket.on("drain", settle).on("close", settle);
      });
    },
    get closed() {
      return socket.destroyed || !socket.writable;
    },
    greeted: () => first.promise,
  };
}

/** One that has begun to speak HTTP/2 as it should. */
export async function http2Connection(address: string | undefined): Promise<RawConnection> {
  const connection = await rawConnection(address);
  await connection.send(Buffer.concat([PREFACE, frame(frameTypes.settings, 0, 0)]));
  await connection.greeted();
  return connection;
}
