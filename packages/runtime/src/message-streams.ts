import { setDefaultHighWaterMark } from "node:stream";

/** Enough to keep both ends busy: higher values made no call faster. */
const MESSAGES_AHEAD = 2;

// A gRPC stream reads ahead by messages and not by bytes. Node's default is 16 messages of up to 4 MiB each, for every
// worker
// that floods and every caller that does not read. grpc-js has no option for it, so this changes Node's default.
setDefaultHighWaterMark(true, MESSAGES_AHEAD);
