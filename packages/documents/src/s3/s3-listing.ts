import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import { ifThere, orFault } from "./s3-requests.ts";

interface ListedObject {
  /** Without the prefix of the place. */
  readonly name: string;
  readonly sizeBytes: number;
}

interface ListOptions {
  /** Only names after this one. */
  readonly after?: string | undefined;
  readonly max?: number;
}

export interface S3Listing {
  /** In the order of the names. */
  list(folder: string, options?: ListOptions): AsyncIterable<ListedObject>;
  /** The names of the folders in a folder. */
  folders(folder: string): AsyncIterable<string>;
  /** Ends uploads in parts that began before `beforeMs`, by the server's clock. */
  abortUploads(folder: string, beforeMs: number): Promise<void>;
}

/** The most objects in one answer. */
const PAGE = 1_000;

export function s3Listing(client: S3Client, bucket: string, prefix: string): S3Listing {
  const nameOf = (key = "") => key.slice(prefix.length);

  async function* pages(folder: string, { after, max }: ListOptions, delimiter?: string) {
    for (let token: string | undefined, more = true; more; more = token !== undefined) {
      const command = new ListObjectsV2Command({
        ...{ Bucket: bucket, Prefix: `${prefix}${folder}`, Delimiter: delimiter },
        MaxKeys: Math.min(max ?? PAGE, PAGE),
        StartAfter: after === undefined ? undefined : `${prefix}${after}`,
        ContinuationToken: token,
      });
      const page = await orFault(() => client.send(command));
      yield page;
      token = page.NextContinuationToken;
    }
  }

  return {
    async *list(folder, options = {}) {
      let left = options.max ?? Number.POSITIVE_INFINITY;
      for await (const { Contents = [] } of pages(folder, options)) {
        for (const { Key, Size = 0 } of Contents) {
          yield { name: nameOf(Key), sizeBytes: Size };
          left -= 1;
          if (left === 0) return;
        }
      }
    },

    async *folders(folder) {
      for await (const { CommonPrefixes = [] } of pages(folder, {}, "/")) {
        for (const { Prefix } of CommonPrefixes) yield nameOf(Prefix).slice(folder.length, -1);
      }
    },

    async abortUploads(folder, beforeMs) {
      const where = { Bucket: bucket, Prefix: `${prefix}${folder}` };
      for (let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}; marker; ) {
        const page = await orFault(() =>
          client.send(new ListMultipartUploadsCommand({ ...where, ...marker })),
        );
        for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
          if (Initiated === undefined || Initiated.getTime() >= beforeMs) continue;
          const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId });
          await ifThere(() => client.send(command));
        }
        const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker } = page;
        marker = undefined;
        if (IsTruncated && KeyMarker !== undefined) {
          marker = {
            KeyMarker,
            ...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }),
          };
        }
      }
    },
  };
}
