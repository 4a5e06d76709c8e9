/** The limits that the contract states and all services keep. In bytes unless the name says otherwise. */
export const limits = {
  payloadBytes: 256 * 1024,
  resultBytes: 1024 * 1024,
  checkpointBytes: 256 * 1024,
  /** The size of one output chunk. */
  chunkBytes: 64 * 1024,
  /** The size of all output of one job that is kept. */
  outputBytes: 8 * 1024 * 1024,
  errorMessageChars: 4_096,
  /** The details of a failure, as JSON. */
  failureDetailsBytes: 2 * 1024,
  jobsPerSubmit: 1_000,
  /** The size of a message with several items. It stays below the 4 MiB that gRPC accepts by default. */
  messageBytes: 3 * 1024 * 1024,
  /**
   * The number of fields in one request or stream message, including all nested messages. It bounds the cost of
   * decoding.
   */
  messageFields: 100_000,
  /** How deep messages may be nested. The protobuf library has the same limit. */
  messageDepth: 100,
  documentBytes: 64 * 1024 * 1024,
  documentPages: 5_000,
  /** The length of a document's text. */
  documentCharacters: 10_000_000,
  /** How far in the future a job may be scheduled. */
  runAtAheadMs: 366 * 24 * 3_600_000,
  /** How far in the future the deadline of a group may be, and is if the caller names none. */
  groupDeadlineAheadMs: 31 * 24 * 3_600_000,
  groupDeadlineMs: 7 * 24 * 3_600_000,
  childrenPerGroup: 100_000,
  documentsPerJob: 16,
  labelsPerJob: 16,
  priority: { min: 1, max: 100, default: 50 },
  /** The limits of one worker: the names in its hello, and the jobs that run at the same time. */
  workerQueues: 64,
  workerPools: 64,
  workerTypes: 256,
  workerSlots: 10_000,
  guestSlots: 100,
  attempts: { min: 1, max: 25, default: 5 },
} as const;
