import { setDefaultHighWaterMark } from "node:stream";

/** Enough to keep both ends busy: more made no call faster. */
const MESSAGES_AHEAD = 2;

// A stream of gRPC's reads ahead by messages and not by bytes: by Node's default 16 of them, of up to 4 MiB each,
// for every worker that floods and every caller that does not read. Nothing else tells it how many.
setDefaultHighWaterMark(true, MESSAGES_AHEAD);
