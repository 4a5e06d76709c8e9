import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import { systemClock } from "@millrace/shared";
import { expect, onTestFinished, test } from "vitest";
import { startFaultProxy } from "./fault-proxy.ts";
import { ManualClock } from "./manual-clock.ts";
import { seededRandom } from "./seeded-random.ts";

/** Collects what arrives on a socket, and how it ends. */
function readAll(socket: Socket) {
  const pieces: Buffer[] = [];
  const waiting = new Set<() => void>();
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => {
    pieces.push(bytes);
    for (const look of waiting) look();
  });
  return {
    pieces,
    text: () => Buffer.concat(pieces).toString(),
    /** Resolves when at least this many bytes have arrived. */
    bytes: (count: number) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (pieces.reduce((sum, piece) => sum + piece.length, 0) < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    ended: new Promise<void>((resolve) => socket.on("end", resolve)),
    /** Resolves when the socket is closed. True if it was closed by an error. */
    closed: new Promise<boolean>((resolve) => socket.on("close", resolve)),
  };
}

async function setup(clock = systemClock) {
  const accepted: Socket[] = [];
  const arrivals = new Set<(socket: Socket) => void>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    accepted.push(socket);
    for (const tell of arrivals) tell(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const to = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy = await startFaultProxy(to, { clock, random: seededRandom(1) });
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]();
    server.close();
  });
  const dial = () => {
    const [host, port] = proxy.address.split(":");
    const socket = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true });
    onTestFinished(() => void socket.destroy());
    return socket;
  };
  /** Opens a connection through the proxy and returns both of its ends. */
  const open = async () => {
    const arrival = new Promise<Socket>((resolve) => arrivals.add(resolve));
    const client = dial();
    const far = await arrival;
    return { client, far, atClient: readAll(client), atFar: readAll(far) };
  };
  return { proxy, dial, open };
}

const turns = async (count = 20) => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

test("bytes and ends pass in both directions, and closing one direction leaves the other open", async () => {
  const { proxy, open } = await setup();
  const { client, far, atClient, atFar } = await open();
  const large = "0123456789".repeat(200_000);
  client.end(large);
  await atFar.ended;
  expect(atFar.text()).toBe(large);
  far.end("answer");
  await atClient.ended;
  expect(atClient.text()).toBe("answer");
  expect(await atClient.closed).toBe(false);
  expect(await atFar.closed).toBe(false);
  while (proxy.connections > 0) await turns(1);
});

test("a reset of one end resets the other end", async () => {
  const { open } = await setup();
  const { client, atFar } = await open();
  client.resetAndDestroy();
  expect(await atFar.closed).toBe(true);
});

test("the connection breaks if the server cannot be reached", async () => {
  const proxy = await startFaultProxy("127.0.0.1:1");
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const [host, port] = proxy.address.split(":");
  expect(await readAll(connect({ host, port: Number(port) })).closed).toBe(true);
});

test("a piece takes its latency plus or minus jitter, and no piece overtakes another", async () => {
  const clock = new ManualClock();
  const { proxy, open } = await setup(clock);
  const { client, far, atClient, atFar } = await open();
  proxy.set({ up: { latencyMs: 100, jitterMs: 50 } });
  client.write("a");
  while (clock.pending < 1) await turns(1);
  client.write("b");
  await turns();
  clock.advance(49);
  await turns();
  expect(atFar.text()).toBe("");
  // The other direction has no latency.
  far.write("x");
  await atClient.bytes(1);
  clock.advance(101);
  await atFar.bytes(1);
  // The second piece may have been read only after the first one was due. It is due by now, too.
  clock.advance(150);
  await atFar.bytes(2);
  expect(atFar.text()).toBe("ab");
});

test("the rate is limited to bytesPerSecond", async () => {
  const clock = new ManualClock();
  const { proxy, open } = await setup(clock);
  const { client, atFar } = await open();
  proxy.set({ up: { bytesPerSecond: 1_000 } });
  client.write("0123456789".repeat(10));
  await atFar.bytes(20);
  for (let step = 1; step < 5; step += 1) {
    while (clock.pending < 1) await turns(1);
    expect(atFar.text().length).toBe(20 * step);
    clock.advance(19);
    await turns();
    expect(atFar.text().length).toBe(20 * step);
    clock.advance(1);
    await atFar.bytes(20 * (step + 1));
  }
});

test("slices arrive separately, and none is lost", async () => {
  const { proxy, open } = await setup();
  const { client, atFar } = await open();
  proxy.set({ up: { sliceBytes: 3 } });
  client.end("0123456789");
  await atFar.ended;
  expect(atFar.text()).toBe("0123456789");
  expect(atFar.pieces.length).toBeGreaterThan(1);
});

test("bytes that enter a black hole arrive when it ends", async () => {
  const { proxy, open } = await setup();
  const { client, far, atClient, atFar } = await open();
  proxy.set({ up: { blackHole: true } });
  client.write("lost?");
  far.write("heard");
  await atClient.bytes(5);
  await turns();
  expect(atFar.text()).toBe("");
  proxy.clear();
  await atFar.bytes(5);
  expect(atFar.text()).toBe("lost?");
});

test("a black hole holds a limited number of bytes, and then its sender waits", async () => {
  const { proxy, open } = await setup();
  const { client, atFar } = await open();
  proxy.set({ up: { blackHole: true } });
  // More than the socket buffers of all four ends hold.
  const much = Buffer.alloc(64 * 2 ** 20);
  client.write(much);
  await turns(500);
  expect(client.writableLength).toBeGreaterThan(0);
  proxy.clear();
  await atFar.bytes(much.length);
});

test("a cut breaks every connection at both ends, and new connections are accepted", async () => {
  const { proxy, open } = await setup();
  const one = await open();
  const other = await open();
  expect(proxy.connections).toBe(2);
  proxy.cut();
  for (const end of [one.atClient, one.atFar, other.atClient, other.atFar]) {
    expect(await end.closed).toBe(true);
  }
  const { client, atFar } = await open();
  client.write("new");
  await atFar.bytes(3);
});

test.each(["up", "down"] as const)(
  "a half-close %s ends that direction, and the other direction continues",
  async (direction) => {
    const { proxy, open } = await setup();
    const { client, far, atClient, atFar } = await open();
    proxy.halfClose(direction);
    const [endedSide, silentSide, openSide, hearingSide] =
      direction === "up" ? [atFar, client, far, atClient] : [atClient, far, client, atFar];
    await endedSide.ended;
    silentSide.write("into nothing");
    openSide.write("still");
    await hearingSide.bytes(5);
    expect(endedSide.text()).toBe("");
  },
);

test("a proxy that refuses keeps its connections and takes no new one until it accepts again", async () => {
  const { proxy, dial, open } = await setup();
  const { client, atFar } = await open();
  await proxy.refuse();
  const refused = dial();
  const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNREFUSED");
  client.write("kept");
  await atFar.bytes(4);
  await proxy.accept();
  const next = await open();
  next.client.write("new");
  await next.atFar.bytes(3);
});
