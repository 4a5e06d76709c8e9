/** The bounds that the contract states and every part keeps. Bytes unless a name says otherwise. */
export const limits = {
  payloadBytes: 256 * 1024,
  resultBytes: 1024 * 1024,
  /** One piece of output. */
  chunkBytes: 64 * 1024,
  /** All output of one job that is kept for replay. */
  outputBytes: 8 * 1024 * 1024,
  errorMessageChars: 4_096,
  jobsPerSubmit: 1_000,
  /** What a message that holds several items may weigh: it stays below the 4 MiB that gRPC takes by default. */
  messageBytes: 3 * 1024 * 1024,
  /** Fields of one request or stream message, those of all messages within it included. It bounds what decoding costs. */
  messageFields: 100_000,
  /** How deep messages may stand in one another, as the protobuf library bounds it too. */
  messageDepth: 100,
  documentBytes: 64 * 1024 * 1024,
  documentPages: 5_000,
  /** Of its text. */
  documentCharacters: 10_000_000,
  /** How far ahead a job may be scheduled. */
  runAtAheadMs: 366 * 24 * 3_600_000,
  documentsPerJob: 16,
  labelsPerJob: 16,
  priority: { min: 1, max: 100, default: 50 },
  /** Of one worker: what its hello names, and how many jobs it runs at once. */
  workerQueues: 64,
  workerPools: 64,
  workerTypes: 256,
  workerSlots: 10_000,
  guestSlots: 100,
  attempts: { min: 1, max: 25, default: 5 },
} as const;
