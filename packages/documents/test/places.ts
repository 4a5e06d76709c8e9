import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type KeyId, systemClock, systemRandom } from "@millrace/shared";
import { type ObjectServer, startMoto, startS3Server, startSeaweed } from "@millrace/testing";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import {
  type DocumentPlace,
  type DocumentStore,
  openDocumentStore,
  type PutOutcome,
  type S3Place,
} from "../src/index.ts";
import { s3Client } from "../src/s3/s3-client.ts";
import { s3Objects } from "../src/s3/s3-objects.ts";

/** The command of SeaweedFS. Without it, the tests that need it are skipped. */
const weed = process.env.MILLRACE_WEED;
/** A Python that has moto, which is installed where it can be. */
const python = process.env.MILLRACE_PYTHON;
const hasMoto =
  python !== undefined && spawnSync(python, ["-c", "import moto.server"]).status === 0;
/** Another server to test, `http://<access key>:<secret>@<host>/<bucket>`. The tests leave objects in its bucket. */
const other = process.env.MILLRACE_TEST_S3;

export const owner = "k7f3q2m9" as KeyId;
export const stranger = "zzzz" as KeyId;
export const DAY_MS = 24 * 3_600_000;

interface TestPlace {
  readonly place: DocumentPlace;
  /** The names of all files or objects. */
  readonly names: () => Promise<readonly string[]>;
}

interface Kind {
  readonly name: string;
  /** How many files or objects a document is. */
  readonly perDocument: number;
  readonly skipped: boolean;
  /** Whether the server verifies the signatures of requests. */
  readonly verifies: boolean;
  /** Call it in a file's body. The returned function makes a place that is empty. */
  readonly prepare: () => () => Promise<TestPlace>;
}

async function directoryPlace(): Promise<TestPlace> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-documents-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const names = async () => {
    const all = await readdir(directory, { recursive: true, withFileTypes: true });
    return all.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  };
  return { place: { directory }, names };
}

type Server = Pick<ObjectServer, "endpoint" | "bucket" | "access">;
let places = 0;

/** A place in a bucket, with a prefix of its own. */
export function placeIn({ endpoint, bucket, access }: Server): S3Place {
  places += 1;
  const { region, ...credentials } = access;
  const prefix = `test-${process.pid}-${places}/`;
  return { endpoint, bucket, prefix, region, credentials };
}

/** The names of a place's objects, besides the one that probes the server. */
export async function namesIn(place: S3Place): Promise<readonly string[]> {
  const names: string[] = [];
  const { list } = s3Objects(s3Client(place), place.bucket, place.prefix);
  for await (const { name } of list("")) if (name !== "probe") names.push(name);
  return names;
}

function serverKind(start: () => Promise<Server & AsyncDisposable>): Kind["prepare"] {
  return () => {
    let server: (Server & AsyncDisposable) | undefined;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server?.[Symbol.asyncDispose]());
    return async () => {
      if (server === undefined) throw new Error("the server has not started");
      const s3 = placeIn(server);
      return { place: { s3 }, names: () => namesIn(s3) };
    };
  };
}

function otherServer(text: string): Server & AsyncDisposable {
  const { origin, username, password, pathname } = new URL(text);
  return {
    ...{ endpoint: origin, bucket: pathname.slice(1) },
    access: { region: "us-east-1", accessKeyId: username, secretAccessKey: password },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The places that every test of the contract runs on. */
export const kinds: readonly Kind[] = [
  {
    name: "a directory",
    perDocument: 4,
    skipped: false,
    verifies: true,
    prepare: () => directoryPlace,
  },
  {
    ...{ name: "a server that speaks S3", perDocument: 3, skipped: false, verifies: true },
    // Small pages, so that lists have several.
    prepare: serverKind(() => startS3Server({ page: 3 })),
  },
  {
    ...{ name: "SeaweedFS", perDocument: 3, skipped: weed === undefined, verifies: true },
    prepare: serverKind(() => startSeaweed(String(weed))),
  },
  {
    ...{ name: "moto", perDocument: 3, skipped: !hasMoto, verifies: false },
    prepare: serverKind(() => startMoto(String(python))),
  },
  {
    ...{
      name: "the server of MILLRACE_TEST_S3",
      perDocument: 3,
      skipped: other === undefined,
      verifies: true,
    },
    prepare: serverKind(async () => otherServer(String(other))),
  },
];

export interface StoreOptions {
  readonly clock?: Clock;
  readonly maxBytes?: number;
  readonly retentionMs?: number;
}

export async function* pieces(...parts: (string | Uint8Array)[]) {
  for (const part of parts) yield typeof part === "string" ? Buffer.from(part) : part;
}

export const open = (
  place: DocumentPlace,
  { clock = systemClock, ...options }: StoreOptions = {},
) => openDocumentStore({ maxBytes: 100_000, ...place, clock, random: systemRandom, ...options });

/** Functions that upload to a store. */
export function uploaderTo(store: DocumentStore) {
  const put = (
    text: string,
    header: { name?: string; contentType?: string; expiresAtMs?: number } = {},
    keyId = owner,
  ) => store.put(keyId, { name: "a", ...header }, pieces(text));
  const stored = async (outcome: Promise<PutOutcome>) => {
    const result = await outcome;
    if (result.kind !== "stored") throw new Error(result.kind);
    return result;
  };
  return { put, stored };
}

export async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const piece of content) read.push(piece);
  return Buffer.concat(read).toString();
}
