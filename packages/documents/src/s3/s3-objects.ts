import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { asStoreFault, statusOf } from "./s3-faults.ts";
import { type S3Listing, s3Listing } from "./s3-listing.ts";
import { ifThere, orFault } from "./s3-requests.ts";

/** Content of at most this size is one request. Larger content is sent in parts of it. */
const PART_BYTES = 8 * 1_024 * 1_024;
/** How many parts of one upload are sent at once. As many and one more are in memory. */
const PARTS_AT_ONCE = 2;
/** How often a read that is cut goes on without having got a byte in between. */
const CUTS = 3;

/** The condition under which an object is written: it is not there, or is still what was read. */
type PutCondition = "absent" | { readonly etag: string };

interface SmallObject {
  readonly text: string;
  readonly etag: string;
}

interface ObjectHead {
  readonly sizeBytes: number;
  /** In lower-case hexadecimal, if the server has verified it. */
  readonly sha256?: string;
}

interface ByteRange {
  readonly start: number;
  /** The place after the last byte. */
  readonly end: number;
}

/** The objects of a place, by their names without its prefix. All of it throws DocumentStoreFault only. */
export interface S3Objects extends S3Listing {
  get(name: string): Promise<SmallObject | undefined>;
  head(name: string): Promise<ObjectHead | undefined>;
  /** Returns false if the condition does not hold. */
  put(name: string, text: string, condition?: PutCondition): Promise<boolean>;
  /** Sends content as it arrives, in parts. Throws what the content throws, after which nothing of it is kept. */
  upload(name: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Reads an object or a part of it. A read that is cut goes on where it was. */
  read(name: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  remove(name: string): Promise<void>;
}

const conditionOf = (condition: PutCondition | undefined) => {
  if (condition === undefined) return {};
  return condition === "absent" ? { IfNoneMatch: "*" } : { IfMatch: condition.etag };
};

export function s3Objects(client: S3Client, bucket: string, prefix: string): S3Objects {
  const at = (name: string) => ({ Bucket: bucket, Key: `${prefix}${name}` });
  return {
    ...s3Listing(client, bucket, prefix),

    get: (name) =>
      ifThere(async () => {
        const { Body, ETag = "" } = await client.send(new GetObjectCommand(at(name)));
        return { text: (await Body?.transformToString()) ?? "", etag: ETag };
      }),

    head: (name) =>
      ifThere(async () => {
        const command = new HeadObjectCommand({ ...at(name), ChecksumMode: "ENABLED" });
        const { ContentLength: sizeBytes = 0, ChecksumSHA256 } = await client.send(command);
        // The checksum of an object in parts is one of the checksums of its parts.
        if (ChecksumSHA256 === undefined || ChecksumSHA256.includes("-")) return { sizeBytes };
        return { sizeBytes, sha256: Buffer.from(ChecksumSHA256, "base64").toString("hex") };
      }),

    put: (name, text, condition) =>
      orFault(async () => {
        const command = new PutObjectCommand({
          ...{ ...at(name), ...conditionOf(condition), Body: text },
        });
        try {
          await client.send(command);
          return true;
        } catch (error) {
          const { name: word } = error as Error;
          // 412: another program was faster. 409: it writes at this moment. 404: it has removed the object.
          const lost = [404, 409, 412].includes(statusOf(error) ?? 0) && word !== "NoSuchBucket";
          if (condition !== undefined && lost) return false;
          throw error;
        }
      }),

    upload: (name, content) => upload(client, at(name), content),

    read: (name, range) => read(client, at(name), range),

    remove: (name) =>
      orFault(async () => void (await client.send(new DeleteObjectCommand(at(name))))),
  };
}

type ObjectAddress = { readonly Bucket: string; readonly Key: string };

/** Keeps an error of the content apart from errors of the server. */
class ContentError extends Error {}

async function* watched(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (cause) {
    throw new ContentError("the content of an upload failed", { cause });
  }
}

async function upload(client: S3Client, at: ObjectAddress, content: AsyncIterable<Uint8Array>) {
  const sending = new Upload({
    client,
    params: { ...at, Body: Readable.from(watched(content), { objectMode: false }) },
    partSize: PART_BYTES,
    queueSize: PARTS_AT_ONCE,
  });
  try {
    await sending.done();
  } catch (error) {
    if (error instanceof ContentError) throw error.cause;
    throw asStoreFault(error);
  }
}

async function* read(
  client: S3Client,
  at: ObjectAddress,
  range: ByteRange | undefined,
): AsyncGenerator<Uint8Array> {
  let start = range?.start ?? 0;
  let first: string | undefined;
  for (let cuts = 0; ; cuts += 1) {
    const isWhole = range === undefined && start === 0;
    const end = range === undefined ? "" : range.end - 1;
    const command = new GetObjectCommand({
      ...at,
      ...(isWhole ? {} : { Range: `bytes=${start}-${end}` }),
      ...(first === undefined ? {} : { IfMatch: first }),
    });
    const { Body, ETag } = await orFault(() => client.send(command));
    first = ETag;
    try {
      for await (const piece of Body as Readable) {
        start += piece.length;
        cuts = 0;
        yield piece;
      }
      return;
    } catch (error) {
      if (cuts + 1 >= CUTS) throw asStoreFault(error);
    }
  }
}
