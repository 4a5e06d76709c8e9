import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import { systemClock } from "@millrace/shared";
import { expect, onTestFinished, test } from "vitest";
import { startFaultProxy } from "./fault-proxy.ts";
import { ManualClock } from "./manual-clock.ts";
import { seededRandom } from "./seeded-random.ts";

/** What comes in on a socket, and how it ends. */
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
    /** Resolves when as many bytes have come. */
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
    /** True if it was broken off. */
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
  /** A connection through the proxy, both ends in hand. */
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

test("bytes and ends pass both ways, and a half that is closed leaves the other open", async () => {
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

test("an end that breaks off breaks the other", async () => {
  const { open } = await setup();
  const { client, atFar } = await open();
  client.resetAndDestroy();
  expect(await atFar.closed).toBe(true);
});

test("a server that is not there is a connection that breaks", async () => {
  const proxy = await startFaultProxy("127.0.0.1:1");
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const [host, port] = proxy.address.split(":");
  expect(await readAll(connect({ host, port: Number(port) })).closed).toBe(true);
});

test("a piece takes as long as it is told to, give or take the jitter, and none overtakes another", async () => {
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
  // The other direction is as fast as ever.
  far.write("x");
  await atClient.bytes(1);
  clock.advance(101);
  await atFar.bytes(1);
  // The second may have been read in the first's wake: it is due by now, too.
  clock.advance(150);
  await atFar.bytes(2);
  expect(atFar.text()).toBe("ab");
});

test("a rate is kept to", async () => {
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

test("slices come by themselves, and all of them", async () => {
  const { proxy, open } = await setup();
  const { client, atFar } = await open();
  proxy.set({ up: { sliceBytes: 3 } });
  client.end("0123456789");
  await atFar.ended;
  expect(atFar.text()).toBe("0123456789");
  expect(atFar.pieces.length).toBeGreaterThan(1);
});

test("what goes into a black hole comes out when it is over", async () => {
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

test("a black hole holds only so much: its sender has to wait", async () => {
  const { proxy, open } = await setup();
  const { client, atFar } = await open();
  proxy.set({ up: { blackHole: true } });
  // More than what the sockets of four ends hold.
  const much = Buffer.alloc(64 * 2 ** 20);
  client.write(much);
  await turns(500);
  expect(client.writableLength).toBeGreaterThan(0);
  proxy.clear();
  await atFar.bytes(much.length);
});

test("a cut breaks every connection at both ends, and new ones are taken", async () => {
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
  "a half-close %s is an end there, and the other way goes on",
  async (direction) => {
    const { proxy, open } = await setup();
    const { client, far, atClient, atFar } = await open();
    proxy.halfClose(direction);
    const [told, silent, other, heard] =
      direction === "up" ? [atFar, client, far, atClient] : [atClient, far, client, atFar];
    await told.ended;
    silent.write("into nothing");
    other.write("still");
    await heard.bytes(5);
    expect(told.text()).toBe("");
  },
);

test("one that refuses takes no connection and keeps those that it has, until it accepts again", async () => {
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
