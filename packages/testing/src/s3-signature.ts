import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface S3Access {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** How far a request's time may be from the server's. */
const SKEW_MS = 900_000;

const hmac = (key: string | Buffer, text: string) =>
  createHmac("sha256", key).update(text).digest();
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const escaped = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** The parts of a signature of version 4, which is in a header or in the query. */
interface Signature {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly date: string;
  readonly payload: string;
  readonly expiresMs?: number;
}

function signatureOf({ headers }: IncomingMessage, query: URLSearchParams): Signature | undefined {
  const part = (name: string) => query.get(`X-Amz-${name}`) ?? "";
  if (query.has("X-Amz-Signature")) {
    return {
      ...{ credential: part("Credential"), signedHeaders: part("SignedHeaders") },
      ...{ signature: part("Signature"), date: part("Date"), payload: "UNSIGNED-PAYLOAD" },
      expiresMs: Number(part("Expires")) * 1_000,
    };
  }
  const [, credential = "", signedHeaders = "", signature = ""] =
    /Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)/.exec(
      headers.authorization ?? "",
    ) ?? [];
  if (signature === "") return undefined;
  return {
    ...{ credential, signedHeaders, signature, date: String(headers["x-amz-date"]) },
    payload: String(headers["x-amz-content-sha256"]),
  };
}

const timeOf = (date: string): number =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));

/** Returns the S3 error that a request's signature deserves. */
export function signatureProblem(
  request: IncomingMessage,
  access: S3Access,
  nowMs: number,
): string | undefined {
  const url = new URL(request.url ?? "", "http://server");
  const given = signatureOf(request, url.searchParams);
  if (given === undefined) return "AccessDenied";
  const [accessKeyId, day = "", region = ""] = given.credential.split("/");
  if (accessKeyId !== access.accessKeyId) return "InvalidAccessKeyId";
  if (region !== access.region) return "AuthorizationHeaderMalformed";
  const ageMs = nowMs - timeOf(given.date);
  if (given.expiresMs === undefined && Math.abs(ageMs) > SKEW_MS) return "RequestTimeTooSkewed";
  if (given.expiresMs !== undefined && ageMs > given.expiresMs) return "AccessDenied";
  const query = [...url.searchParams]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .sort()
    .join("&");
  const headers = given.signedHeaders
    .split(";")
    .map((name) => `${name}:${String(request.headers[name] ?? "").trim()}\n`)
    .join("");
  const canonical = [
    ...[request.method, url.pathname, query, headers, given.signedHeaders, given.payload],
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", given.date, scope, sha256(canonical)].join("\n");
  const key = ["s3", "aws4_request"].reduce(
    hmac,
    hmac(hmac(`AWS4${access.secretAccessKey}`, day), region),
  );
  return hmac(key, text).toString("hex") === given.signature ? undefined : "SignatureDoesNotMatch";
}
