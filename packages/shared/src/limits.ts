/**
 * The limits that the contract states and all services keep. In bytes unless the name says otherwise. The types of the
 * packages are built without a compiler, which would have to infer the type of a product.
 */
export const limits = {
  payloadBytes: 262_144, // 256 KiB
  resultBytes: 1_048_576, // 1 MiB
  checkpointBytes: 262_144, // 256 KiB
  /** The size of one output chunk. */
  chunkBytes: 65_536, // 64 KiB
  /** The size of all output of one job that is kept. */
  outputBytes: 8_388_608, // 8 MiB
  errorMessageChars: 4_096,
  /** The details of a failure, as JSON. */
  failureDetailsBytes: 2_048, // 2 KiB
  jobsPerSubmit: 1_000,
  /** The size of a message with several items. It stays below the 4 MiB that gRPC accepts by default. */
  messageBytes: 3_145_728, // 3 MiB
  /**
   * The number of fields in one request or stream message, including all nested messages. It bounds the cost of
   * decoding.
   */
  messageFields: 100_000,
  /** How deep messages may be nested. The protobuf library has the same limit. */
  messageDepth: 100,
  documentBytes: 67_108_864, // 64 MiB
  batchFileBytes: 209_715_200, // 200 MiB
  batchOutputBytes: 4_294_967_296, // 4 GiB
  batchLines: 50_000,
  documentPages: 5_000,
  /** The length of a document's text. */
  documentCharacters: 10_000_000,
  /** How far in the future a job may be scheduled. */
  runAtAheadMs: 31_622_400_000, // 366 days
  /** How far in the future the deadline of a group may be, and is if the caller names none. */
  groupDeadlineAheadMs: 2_678_400_000, // 31 days
  groupDeadlineMs: 604_800_000, // 7 days
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
