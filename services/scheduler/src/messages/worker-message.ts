import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ConnectedWorkerSchema } from "@millrace/proto/admin-service";
import type { Hello } from "@millrace/proto/worker-service";
import { timestampOf } from "@millrace/runtime";

/** A worker that is connected to this scheduler. */
export interface WorkerNow {
  /** What the worker sent when it connected. */
  readonly hello: Pick<Hello, "workerId" | "queues" | "pools" | "types" | "sdk">;
  /** The name of the token that the worker sent. */
  readonly tokenName: string;
  readonly sinceMs: number;
  readonly running: number;
  readonly freeSlots: number;
}

/** A connected worker as operators see it. */
export const workerMessage = ({
  hello: { workerId, queues, pools, types, sdk },
  sinceMs,
  ...rest
}: WorkerNow): MessageInitShape<typeof ConnectedWorkerSchema> => ({
  ...{ workerId, queues, pools, types, sdk },
  ...rest,
  connectTime: timestampOf(sinceMs),
});
