import { DocumentStoreFault, type DocumentStoreReason } from "@millrace/shared";

interface FaultText {
  readonly reason: DocumentStoreReason;
  readonly text: string;
}

const unavailable = (text: string): FaultText => ({ reason: "DOCUMENT_STORE_UNAVAILABLE", text });
const refused = (text: string): FaultText => ({ reason: "DOCUMENT_STORE_REFUSED", text });

const away = unavailable(
  "cannot be reached: check that it runs, its address (MILLRACE_S3_ENDPOINT) and the network, and try again",
);
const slow = unavailable(
  "did not answer in time: check its load and the network, or raise MILLRACE_S3_TIMEOUT_MS, and try again",
);
const tooManyRequests = unavailable(
  "takes no more requests now (503 SlowDown): try again later; if it lasts, spread the load over more prefixes or servers",
);
const failing = unavailable("failed: check its logs, and try again");
const credentials = refused(
  "does not know the access key, or its secret is wrong: an operator must correct the credentials of this service",
);
const expired = refused(
  "says that the credentials of this service have expired: an operator must renew them",
);
const none = refused(
  "needs credentials, and this service has none: an operator must set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give it an identity",
);
const request = refused(
  "refuses the request: an operator must check the region, the credentials and the clock of this service",
);
const region = refused(
  "is in another region: an operator must set MILLRACE_S3_REGION to the region of the bucket",
);
const clocks = refused(
  "says that the clock of this service is wrong: an operator must synchronise the clocks of both computers (NTP)",
);
const bucket = refused(
  "has no such bucket: an operator must create it, or correct MILLRACE_DOCUMENTS_S3",
);
const gone = refused(
  "no longer has the content of the document: it was deleted meanwhile, or by hand; upload it again",
);
const denied = refused(
  "does not allow this: an operator must allow this service to list the bucket and to read, write and delete its objects",
);

/** The only table from what an S3 server or the SDK says to what Millrace says. */
const faults: Readonly<Record<string, FaultText>> = {
  ECONNREFUSED: away,
  ECONNRESET: away,
  EPIPE: away,
  ENOTFOUND: away,
  EAI_AGAIN: away,
  EHOSTUNREACH: away,
  ENETUNREACH: away,
  TimeoutError: slow,
  ETIMEDOUT: slow,
  RequestTimeout: slow,
  SlowDown: tooManyRequests,
  ServiceUnavailable: tooManyRequests,
  Throttling: tooManyRequests,
  ThrottlingException: tooManyRequests,
  TooManyRequestsException: tooManyRequests,
  RequestLimitExceeded: tooManyRequests,
  InternalError: failing,
  InvalidAccessKeyId: credentials,
  SignatureDoesNotMatch: credentials,
  InvalidToken: credentials,
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  CredentialsProviderError: none,
  PermanentRedirect: region,
  IllegalLocationConstraintException: region,
  AuthorizationHeaderMalformed: region,
  RequestTimeTooSkewed: clocks,
  RequestExpired: clocks,
  RequestInTheFuture: clocks,
  NoSuchBucket: bucket,
  NoSuchKey: gone,
  NotFound: gone,
  InvalidRange: gone,
  PreconditionFailed: gone,
  AccessDenied: denied,
  AllAccessDisabled: denied,
};

interface S3ErrorShape {
  readonly name?: string;
  readonly Code?: string;
  readonly code?: string;
  readonly cause?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const shapeOf = (error: unknown): S3ErrorShape =>
  typeof error === "object" && error !== null ? error : {};

export const statusOf = (error: unknown): number | undefined =>
  shapeOf(error).$metadata?.httpStatusCode;

/** What a server's answer without a body means, as HEAD has. */
function faultOfStatus(status: number | undefined): FaultText {
  if (status === 301 || status === 307) return region;
  if (status === 400) return request;
  if (status === 401 || status === 403) return denied;
  if (status === 404) return bucket;
  return status === 429 || status === 503 ? tooManyRequests : failing;
}

function textOf(error: unknown): FaultText {
  const { name, Code, code, cause, $metadata } = shapeOf(error);
  for (const word of [Code, code, name]) {
    const known = word === undefined ? undefined : faults[word];
    if (known !== undefined) return known;
  }
  if ($metadata?.httpStatusCode !== undefined) return faultOfStatus($metadata.httpStatusCode);
  return cause === undefined ? away : textOf(cause);
}

/** Says what an S3 server did not do, and what to do about it. The cause is for the log alone. */
export function asStoreFault(error: unknown): DocumentStoreFault {
  if (error instanceof DocumentStoreFault) return error;
  const { reason, text } = textOf(error);
  return new DocumentStoreFault(reason, `the object store of documents ${text}`, error);
}
