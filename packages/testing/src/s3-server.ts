import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { systemClock } from "@millrace/shared";
import { ObjectsInMemory } from "./s3-objects.ts";
import { type S3Access, signatureProblem } from "./s3-signature.ts";

const statuses: Readonly<Record<string, number>> = {
  ...{ NoSuchKey: 404, NoSuchBucket: 404, NoSuchUpload: 404, PreconditionFailed: 412 },
  ...{ BadDigest: 400, ExpiredToken: 400, AuthorizationHeaderMalformed: 400, SlowDown: 503 },
  ...{ InternalError: 500, NotImplemented: 501, InvalidRange: 416 },
};

export interface S3ServerOptions {
  readonly bucket?: string;
  /** False: the server ignores If-Match and If-None-Match of writes, as old ones do. */
  readonly conditions?: boolean;
  /** False: the server verifies no checksums of content, and tells none. */
  readonly checksums?: boolean;
  /** The most objects in one answer. */
  readonly page?: number;
}

/** Returns the S3 error that a request is answered with, or undefined: then it is served. */
type Refusal = (request: { readonly method: string; readonly key: string }) => string | undefined;

/** A server of an object store with one bucket. */
export interface ObjectServer extends AsyncDisposable {
  /** `host:port` */
  readonly address: string;
  readonly endpoint: string;
  readonly bucket: string;
  readonly access: S3Access;
}

/** An object store that speaks as much of the S3 protocol as documents need, with all objects in memory. */
export interface S3Server extends ObjectServer {
  readonly stored: ObjectsInMemory;
  /** The requests that were served or refused: their method and key. */
  readonly requests: readonly string[];
  /** Refuses requests from now on. */
  refuse(refusal: Refusal | undefined): void;
}

const text = (body: string) =>
  body.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
const element = (name: string, ...children: string[]) => `<${name}>${children.join("")}</${name}>`;
const optional = (value: string | string[] | undefined) =>
  value === undefined ? undefined : String(value);

interface Parts extends Required<S3ServerOptions> {
  readonly access: S3Access;
  readonly stored: ObjectsInMemory;
  readonly refusal: () => Refusal | undefined;
  readonly requests: string[];
}

export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const access = { region: "us-east-1", accessKeyId: "key", secretAccessKey: "secret" };
  const stored = new ObjectsInMemory();
  const requests: string[] = [];
  let refusal: Refusal | undefined;
  const parts: Parts = {
    ...{ bucket: "documents", conditions: true, checksums: true, page: 1_000, ...options },
    ...{ access, stored, requests, refusal: () => refusal },
  };
  const server = createServer((request, response) => {
    serve(parts, request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ address, endpoint: `http://${address}`, bucket: parts.bucket, access, stored, requests },
    refuse(changed) {
      refusal = changed;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

interface Call {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

const errorOf = (code: string): Answer => ({
  status: statuses[code] ?? 403,
  body: element("Error", element("Code", code), element("Message", code)),
});

async function serve(parts: Parts, request: IncomingMessage, response: ServerResponse) {
  const { method = "", headers } = request;
  const { pathname, searchParams: query } = new URL(request.url ?? "", "http://server");
  const [, bucket, ...rest] = pathname.split("/").map(decodeURIComponent);
  const key = rest.join("/");
  const body = await buffer(request);
  parts.requests.push(`${method} ${key}`);
  const problem =
    parts.refusal()?.({ method, key }) ??
    signatureProblem(request, parts.access, systemClock.nowMs()) ??
    (bucket === parts.bucket ? undefined : "NoSuchBucket");
  const call = { method, key, query, headers, body };
  const answer = problem === undefined ? answerOf(parts, call) : errorOf(problem);
  const { status = 200, headers: own = {}, body: content = "" } = answer;
  const length = method === "HEAD" ? own["content-length"] : String(Buffer.byteLength(content));
  response.writeHead(status, { ...own, "content-length": length ?? "0" });
  response.end(method === "HEAD" ? undefined : content);
}

function answerOf(parts: Parts, call: Call): Answer {
  const { method, key, query } = call;
  if (key === "") return query.has("uploads") ? listUploads(parts, call) : list(parts, call);
  if (query.has("uploads") || query.has("uploadId")) return inParts(parts, call);
  if (method === "PUT") return put(parts, call);
  if (method === "GET" || method === "HEAD") return get(parts, call);
  parts.stored.objects.delete(key);
  return { status: 204 };
}

function put({ stored, conditions, checksums }: Parts, { key, headers, body }: Call): Answer {
  const refused = stored.put(key, body, {
    ifMatch: conditions ? headers["if-match"] : undefined,
    ifNoneMatch: conditions ? headers["if-none-match"] : undefined,
    sha256: checksums ? optional(headers["x-amz-checksum-sha256"]) : undefined,
  });
  return refused === undefined ? {} : errorOf(refused);
}

function get({ stored }: Parts, { key, headers, query }: Call): Answer {
  const object = stored.objects.get(key);
  if (object === undefined) return errorOf("NoSuchKey");
  const { bytes, etag, sha256 } = object;
  if ((headers["if-match"] ?? etag) !== etag) return errorOf("PreconditionFailed");
  const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "") ?? [];
  if (Number(start) >= bytes.length) return errorOf("InvalidRange");
  const body = bytes.subarray(Number(start ?? 0), end ? Number(end) + 1 : bytes.length);
  const asked = headers["x-amz-checksum-mode"] === "ENABLED" && sha256 !== undefined;
  const disposition = query.get("response-content-disposition");
  return {
    status: start === undefined ? 200 : 206,
    headers: {
      ...{ etag, "content-length": String(body.length) },
      ...(asked ? { "x-amz-checksum-sha256": sha256 } : {}),
      ...(disposition === null ? {} : { "content-disposition": disposition }),
      "content-type": query.get("response-content-type") ?? "application/octet-stream",
    },
    body,
  };
}

function inParts({ stored }: Parts, { method, key, query, body }: Call): Answer {
  const id = query.get("uploadId") ?? "";
  if (method === "POST" && id === "") {
    const begun = stored.begin(key, systemClock.nowMs());
    return { body: element("InitiateMultipartUploadResult", element("UploadId", begun)) };
  }
  const upload = stored.uploads.get(id);
  if (upload === undefined) return errorOf("NoSuchUpload");
  if (method === "PUT") {
    const part = Number(query.get("partNumber"));
    upload.parts.set(part, body);
    return { headers: { etag: `"${part}"` } };
  }
  if (method === "DELETE") {
    stored.uploads.delete(id);
    return { status: 204 };
  }
  const refused = stored.complete(id);
  if (refused !== undefined) return errorOf(refused);
  return { body: element("CompleteMultipartUploadResult", element("Key", text(key))) };
}

function list({ stored, page }: Parts, { query }: Call): Answer {
  const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
  const { contents, common } = stored.list(
    query.get("prefix") ?? "",
    after,
    query.get("delimiter"),
  );
  const shown = contents.slice(0, Math.min(page, Number(query.get("max-keys") ?? page)));
  const next = shown.length < contents.length ? shown.at(-1)?.[0] : undefined;
  return {
    body: element(
      "ListBucketResult",
      element("IsTruncated", String(next !== undefined)),
      ...(next === undefined ? [] : [element("NextContinuationToken", text(next))]),
      ...shown.map(([key, { bytes, etag }]) =>
        element(
          "Contents",
          ...[element("Key", text(key)), element("Size", String(bytes.length))],
          element("ETag", text(etag)),
        ),
      ),
      ...common.map((prefix) => element("CommonPrefixes", element("Prefix", text(prefix)))),
    ),
  };
}

function listUploads({ stored }: Parts, { query }: Call): Answer {
  const uploads = [...stored.uploads].filter(([, { key }]) =>
    key.startsWith(query.get("prefix") ?? ""),
  );
  return {
    body: element(
      "ListMultipartUploadsResult",
      element("IsTruncated", "false"),
      ...uploads.map(([id, { key, beganMs }]) =>
        element(
          "Upload",
          ...[element("Key", text(key)), element("UploadId", id)],
          element("Initiated", new Date(beganMs).toISOString()),
        ),
      ),
    ),
  };
}
