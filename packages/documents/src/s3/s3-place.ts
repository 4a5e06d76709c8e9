/** A bucket of S3, or of a server that speaks its protocol, and where in it documents are. */
export interface S3Place {
  readonly bucket: string;
  /** The names of all objects begin with it. Empty, or ends with a slash. */
  readonly prefix: string;
  /** The server's URL. Default: Amazon's, for the region. */
  readonly endpoint?: string | undefined;
  /** The URL under which callers reach the server. Default: the endpoint. */
  readonly publicEndpoint?: string | undefined;
  /** Default: the SDK's own chain (AWS_REGION, its configuration file). */
  readonly region?: string | undefined;
  /** True: the bucket is in the path and not in the host's name. Default: true if there is an endpoint. */
  readonly pathStyle?: boolean | undefined;
  /** How long a connection may be silent. */
  readonly timeoutMs?: number | undefined;
  /** How long an address for an upload or a download may be used. */
  readonly addressMs?: number | undefined;
  /** Default: the SDK's own chain (environment, files, the identity of the service account or the machine). */
  readonly credentials?: S3Credentials | undefined;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export const DEFAULT_S3_TIMEOUT_MS = 10_000;
export const DEFAULT_ADDRESS_MS = 900_000;
