import { createHash } from "node:crypto";

interface StoredObject {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly sha256?: string;
}

export interface ObjectUpload {
  readonly key: string;
  readonly beganMs: number;
  readonly parts: Map<number, Buffer>;
}

/** The headers that decide whether an object is written. */
export interface WriteHeaders {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** In base64. */
  readonly sha256: string | undefined;
}

const hashOf = (algorithm: "md5" | "sha256", bytes: Buffer) => createHash(algorithm).update(bytes);

/** The objects of one bucket, in memory. What has a condition happens at once, since no method waits. */
export class ObjectsInMemory {
  readonly objects = new Map<string, StoredObject>();
  /** Uploads in parts that have not ended. */
  readonly uploads = new Map<string, ObjectUpload>();
  #count = 0;

  /** Returns the S3 error that refuses the write. */
  put(
    key: string,
    bytes: Buffer,
    { ifMatch, ifNoneMatch, sha256 }: WriteHeaders,
  ): string | undefined {
    const before = this.objects.get(key);
    if (ifNoneMatch === "*" && before !== undefined) return "PreconditionFailed";
    if (ifMatch !== undefined && before === undefined) return "NoSuchKey";
    if (ifMatch !== undefined && before?.etag !== ifMatch) return "PreconditionFailed";
    if (sha256 !== undefined && hashOf("sha256", bytes).digest("base64") !== sha256)
      return "BadDigest";
    const etag = `"${hashOf("md5", bytes).digest("hex")}"`;
    this.objects.set(key, { bytes, etag, ...(sha256 === undefined ? {} : { sha256 }) });
    return undefined;
  }

  begin(key: string, nowMs: number): string {
    this.#count += 1;
    const id = `upload-${this.#count}`;
    this.uploads.set(id, { key, beganMs: nowMs, parts: new Map() });
    return id;
  }

  /** Makes an object of the parts of an upload. */
  complete(id: string): string | undefined {
    const upload = this.uploads.get(id);
    if (upload === undefined) return "NoSuchUpload";
    const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
    this.uploads.delete(id);
    return this.put(upload.key, Buffer.concat(parts), {
      ...{ ifMatch: undefined, ifNoneMatch: undefined, sha256: undefined },
    });
  }

  /** The keys after `after` that begin with `prefix`, with those below a delimiter as one. */
  list(prefix: string, after: string, delimiter: string | null) {
    const contents: (readonly [string, StoredObject])[] = [];
    const common = new Set<string>();
    for (const [key, object] of [...this.objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!key.startsWith(prefix) || key <= after) continue;
      const cut = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
      if (cut < 0) contents.push([key, object]);
      else common.add(key.slice(0, cut + 1));
    }
    return { contents, common: [...common] };
  }
}
