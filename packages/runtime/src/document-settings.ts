import { z } from "zod";
import { wholeNumber } from "./issue-words.ts";
import { type Config, setting } from "./load-config.ts";

const BUCKET = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i;

/** A place in an object store. */
interface BucketPlace {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
}

function bucketPlace(text: string): BucketPlace | undefined {
  const [, bucket = "", path = ""] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(text) ?? [];
  const parts = path.split("/").filter((part) => part !== "");
  const isPrefix = parts.every((part) => /^[\w.=-]+$/.test(part) && !/^\.+$/.test(part));
  if (!BUCKET.test(bucket) || !isPrefix) return undefined;
  return { bucket, prefix: parts.map((part) => `${part}/`).join("") };
}

const place = z.string().transform((text, context): BucketPlace => {
  const found = bucketPlace(text);
  if (found !== undefined) return found;
  context.addIssue({
    code: "custom",
    message: "must be s3://bucket or s3://bucket/prefix, with letters, digits and . _ = - in it",
  });
  return z.NEVER;
});

const serverUrl = z
  .url({ protocol: /^https?$/, error: "must be a URL such as https://s3.example.com" })
  .optional();

/** Settings of all services for documents in an object store. They name the same place. */
export const documentPlaceSettings = {
  documentsS3: setting(
    "MILLRACE_DOCUMENTS_S3",
    place.optional(),
    "Where documents are in an object store, instead of a directory: s3://bucket, or s3://bucket/prefix.",
  ),
  s3Endpoint: setting(
    "MILLRACE_S3_ENDPOINT",
    serverUrl,
    "The URL of the object store, if it is not Amazon's.",
  ),
  s3Region: setting(
    "MILLRACE_S3_REGION",
    z.string().optional(),
    "The region of the bucket. Without it, AWS_REGION decides.",
  ),
  s3PathStyle: setting(
    "MILLRACE_S3_PATH_STYLE",
    z.enum(["auto", "on", "off"]).default("auto"),
    "Whether the bucket's name is in the path of URLs (on), or in their host (off); auto: in the path if MILLRACE_S3_ENDPOINT is set.",
  ),
  s3TimeoutMs: setting(
    "MILLRACE_S3_TIMEOUT_MS",
    wholeNumber(100, 600_000).default(10_000),
    "How long a connection to the object store may be silent, in milliseconds.",
  ),
};

const DEFAULT_DOCUMENT_BYTES_PER_KEY = 10 * 1024 ** 3;

/** What the documents of one API key may take, for all services that store documents. */
export const documentBytesSetting = setting(
  "MILLRACE_DOCUMENT_BYTES_PER_KEY",
  wholeNumber(0).default(DEFAULT_DOCUMENT_BYTES_PER_KEY),
  "How many bytes the documents of one API key may take, if its budget sets no limit; 0 means no limit.",
);

/** Settings of services that make addresses under which callers reach the object store. */
export const documentAddressSettings = {
  s3PublicEndpoint: setting(
    "MILLRACE_S3_PUBLIC_ENDPOINT",
    serverUrl,
    "The URL under which callers reach the object store, if it differs from the one of the services.",
  ),
  documentAddressMs: setting(
    "MILLRACE_DOCUMENT_ADDRESS_MS",
    wholeNumber(1_000, 43_200_000).default(900_000),
    "How long an address for an upload or a download in the object store may be used, in milliseconds.",
  ),
};

type PlaceConfig = Config<typeof documentPlaceSettings> &
  Partial<Config<typeof documentAddressSettings>> & { readonly documents: string | undefined };

/** Returns where documents are: the directory or the object store that is set. Undefined if none is. */
export function documentPlaceOf(config: PlaceConfig) {
  const { documents: directory, documentsS3 } = config;
  if (documentsS3 === undefined) return directory === undefined ? undefined : { directory };
  return {
    s3: {
      ...documentsS3,
      endpoint: config.s3Endpoint,
      publicEndpoint: config.s3PublicEndpoint,
      region: config.s3Region,
      pathStyle: config.s3PathStyle === "auto" ? undefined : config.s3PathStyle === "on",
      timeoutMs: config.s3TimeoutMs,
      addressMs: config.documentAddressMs,
    },
  };
}

/** Says what is wrong with the settings of the place. `needed`: there is no other one. */
export function documentPlaceProblems(
  { documents, documentsS3 }: Pick<PlaceConfig, "documents" | "documentsS3">,
  needed: boolean,
): string[] {
  if (documents !== undefined && documentsS3 !== undefined) {
    return ["MILLRACE_DOCUMENTS_DIR and MILLRACE_DOCUMENTS_S3: set only one of them"];
  }
  const isMissing = needed && documents === undefined && documentsS3 === undefined;
  return isMissing
    ? ["MILLRACE_DOCUMENTS_DIR or MILLRACE_DOCUMENTS_S3: one of them is needed"]
    : [];
}
