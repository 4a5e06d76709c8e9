import type { MessageInitShape } from "@bufbuild/protobuf";
import type { WorkerEntry } from "@millrace/engine";
import type { ConnectedWorkerSchema } from "@millrace/proto/admin-service";
import { timestampOf } from "@millrace/runtime";

/** A connected worker as operators see it. */
export const workerMessage = ({
  sinceMs,
  heardMs,
  queues,
  pools,
  types,
  ...rest
}: WorkerEntry & { readonly schedulerId: string }): MessageInitShape<
  typeof ConnectedWorkerSchema
> => ({
  ...rest,
  ...{ queues: [...queues], pools: [...pools], types: [...types] },
  connectTime: timestampOf(sinceMs),
  lastHeartbeatTime: timestampOf(heardMs),
});
