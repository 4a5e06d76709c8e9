import type { ObjectServer } from "./s3-server.ts";

/** The settings of services whose documents are in a bucket, below a prefix. */
export const s3Settings = (
  { bucket, endpoint, access }: Pick<ObjectServer, "bucket" | "endpoint" | "access">,
  prefix: string,
): Readonly<Record<string, string>> => ({
  MILLRACE_DOCUMENTS_DIR: "",
  MILLRACE_DOCUMENTS_S3: `s3://${bucket}/${prefix}`,
  MILLRACE_S3_ENDPOINT: endpoint,
  MILLRACE_S3_REGION: access.region,
  AWS_ACCESS_KEY_ID: access.accessKeyId,
  AWS_SECRET_ACCESS_KEY: access.secretAccessKey,
});
