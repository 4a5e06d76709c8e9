/** Requests that have not arrived completely: what they may hold, and for how long. */
import { once } from "node:events";
import type { ClientHttp2Stream } from "node:http2";
import { connect } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { SubmitStreamRequestSchema } from "@millrace/proto/job-service";
import { ManualClock } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import {
  getJob,
  head,
  MIB,
  message,
  open,
  pass,
  refuse,
  roundTrip,
  startGrpc,
  statusOf,
} from "./inflow-setup.ts";

test("refuses a caller when its headers arrive, before any of its message has", async () => {
  const { session } = await startGrpc({ authenticate: refuse });
  for (const name of ["GetJob", "WatchJob", "SubmitStream"]) {
    expect(await statusOf(open(session, name))).toBe(status.UNAUTHENTICATED);
  }
});

test("reads nothing of a message before its caller was authenticated", async () => {
  const admitted = Promise.withResolvers<string>();
  const { session } = await startGrpc({ authenticate: () => admitted.promise });
  const stream = open(session, "GetJob");
  let sent = 0;
  // This is more than the window of a stream holds.
  const all = new Promise<void>((resolve) => {
    stream.write(Buffer.concat([head(MIB), Buffer.alloc(MIB)]), () => {
      sent += 1;
      resolve();
    });
  });
  for (let i = 0; i < 10; i += 1) await roundTrip(session);
  expect(sent).toBe(0);
  admitted.resolve("somebody");
  await all;
});

test.each(["GetJob", "SubmitStream"])("ends %s if it sends nothing in time", async (name) => {
  const clock = new ManualClock();
  const { session } = await startGrpc({ clock, limits: { messageMs: 8_000 } });
  const stream = open(session, name);
  const ended = statusOf(stream);
  await roundTrip(session);
  await pass(clock, session, 7_999);
  expect(stream.closed).toBe(false);
  clock.advance(1);
  expect(await ended).toBe(status.DEADLINE_EXCEEDED);
});

test("requires that a message that has begun is finished in time, and lets a stream be silent between messages", async () => {
  const clock = new ManualClock();
  const { session } = await startGrpc({ clock, limits: { messageMs: 8_000 } });
  const stream = open(session, "SubmitStream");
  const ended = statusOf(stream);
  const empty = message(toBinary(SubmitStreamRequestSchema, create(SubmitStreamRequestSchema)));
  stream.write(empty);
  await once(stream, "response");
  await pass(clock, session, 60_000);
  stream.write(head(10));
  await roundTrip(session);
  await pass(clock, session, 7_999);
  expect(stream.closed).toBe(false);
  clock.advance(1);
  stream.resume();
  const [trailers] = (await once(stream, "trailers")) as [Record<string, string>];
  expect(Number(trailers["grpc-status"])).toBe(status.DEADLINE_EXCEEDED);
  void ended.catch(() => undefined);
});

test("ends the oldest incomplete call if an address has one more than allowed", async () => {
  const { session, started } = await startGrpc({ limits: { unfinishedPerAddress: 3 } });
  const streams = Array.from({ length: 3 }, () => open(session, "GetJob"));
  const oldest = statusOf(streams[0] as ClientHttp2Stream);
  await roundTrip(session);
  expect(streams.map(({ closed }) => closed)).toEqual([false, false, false]);
  const fourth = open(session, "GetJob");
  expect(await oldest).toBe(status.RESOURCE_EXHAUSTED);
  fourth.end(message(getJob));
  expect(await statusOf(fourth)).toBe(status.OK);
  // Calls that have arrived completely no longer count.
  for (let i = 0; i < 5; i += 1) {
    const stream = open(session, "GetJob");
    stream.end(message(getJob));
    expect(await statusOf(stream)).toBe(status.OK);
  }
  expect(started).toHaveLength(6);
});

test.each([
  ["a connection", { bytesPerConnection: 2 * MIB }],
  ["an address", { bytesPerAddress: 2 * MIB }],
  ["a caller", { bytesPerCaller: 2 * MIB }],
])(
  "limits the bytes of messages that %s sends at once, and lets others wait for them",
  async (_, limits) => {
    const { session } = await startGrpc({ limits, callerOf: () => "somebody" });
    const begin = () => {
      const stream = open(session, "GetJob");
      stream.write(Buffer.concat([head(MIB), Buffer.alloc(MIB - 1)]));
      return stream;
    };
    const [first, second] = [begin(), begin()];
    const third = begin();
    const taken = (stream: ClientHttp2Stream) => stream.writableLength === 0;
    while (!taken(first) || !taken(second)) await roundTrip(session);
    for (let i = 0; i < 10; i += 1) await roundTrip(session);
    expect(taken(third)).toBe(false);
    // A short message waits for no other.
    const short = open(session, "GetJob");
    short.end(message(getJob));
    expect(await statusOf(short)).toBe(status.OK);
    first.close();
    while (!taken(third)) await roundTrip(session);
  },
);

test("closes one connection more than an address may have", async () => {
  const { address } = await startGrpc({ limits: { connectionsPerAddress: 2 } });
  const [host, port] = address.split(":");
  const dial = async () => {
    const socket = connect(Number(port), host);
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  };
  // The session of the setup is the first connection.
  const second = await dial();
  const third = await dial();
  await once(third, "close");
  expect(second.destroyed).toBe(false);
});
