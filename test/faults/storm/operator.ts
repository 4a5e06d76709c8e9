import { status } from "@grpc/grpc-js";
import { AdminService } from "@millrace/proto/admin-service";
import { type GrpcClient, grpcClient, RpcFault } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { retryTransient } from "./retry-transient.ts";

type Admin = GrpcClient<typeof AdminService>["rpc"];

/** The operator of the Millrace of a storm. It calls the schedulers, and repeats a call until one answers. */
export class Operator implements Disposable {
  readonly #admin: GrpcClient<typeof AdminService>;
  readonly #clock: Clock;

  constructor(addresses: readonly string[], clock: Clock) {
    this.#admin = grpcClient(AdminService, `ipv4:${addresses.join(",")}`);
    this.#clock = clock;
  }

  /** Repeats a call until it succeeds. The call must be safe to repeat. */
  ask<T>(call: (admin: Admin) => Promise<T>): Promise<T> {
    return retryTransient(() => call(this.#admin.rpc), this.#clock);
  }

  [Symbol.dispose](): void {
    this.#admin.close();
  }
}

/** If the answer to a deletion was lost, the repeat is told that there is nothing of that name. */
export function unlessGone(error: unknown): void {
  if (!(error instanceof RpcFault) || error.code !== status.NOT_FOUND) throw error;
}
