import { create } from "@bufbuild/protobuf";
import { type Group, GroupSchema, GroupState } from "@millrace/proto/group";
import type {
  CreateGroupRequest,
  SchedulerService,
  SubmitRequest,
} from "@millrace/proto/scheduler-service";
import { type Handlers, rpcError } from "@millrace/runtime";
import { createWake } from "@millrace/shared";

type Service = Handlers<typeof SchedulerService, undefined>;
type Calls = Pick<
  Service,
  | "createGroup"
  | "closeGroup"
  | "getGroup"
  | "listGroups"
  | "listGroupChildren"
  | "watchGroup"
  | "cancelGroup"
>;

/** The groups of a scheduler that keeps them in memory. Nothing ends but by a test. */
export class GroupsDouble {
  readonly created: CreateGroupRequest[] = [];
  readonly #groups = new Map<string, Group>();
  readonly #changed = createWake();
  /** How many watches end before the group has finished. */
  brokenWatches = 0;

  /** Counts the children among the submitted jobs. */
  joined({ jobs }: SubmitRequest): void {
    for (const { spec } of jobs) {
      const progress = this.#groups.get(spec?.groupId ?? "")?.progress;
      if (progress !== undefined) progress.total += 1;
    }
  }

  finish(id: string): void {
    this.#read(id).state = GroupState.SUCCEEDED;
    this.#changed.wake();
  }

  #read(id: string | undefined): Group {
    const group = this.#groups.get(id ?? "");
    if (group === undefined) throw rpcError({ reason: "GROUP_NOT_FOUND", message: "no" });
    return group;
  }

  calls(asked: string[]): Calls {
    const read = this.#read.bind(this);
    const become = (id: string | undefined, state: GroupState) => {
      read(id).state = state;
      return { group: read(id) };
    };
    return {
      createGroup: async (request) => {
        this.created.push(request);
        const { groupId: id, spec, finalizer } = request;
        const { queue = "", labels = {}, priority } = spec ?? {};
        const group = create(GroupSchema, {
          ...{ id, queue, labels, state: GroupState.OPEN, finalizerJobId: finalizer?.id ?? "" },
          ...{ progress: {}, ...(priority === undefined ? {} : { priority }) },
        });
        this.#groups.set(id, group);
        return { group };
      },
      closeGroup: async ({ groupId }) => become(groupId, GroupState.RUNNING),
      cancelGroup: async ({ cancel }) => become(cancel?.groupId, GroupState.CANCELLED),
      getGroup: async ({ groupId }) => {
        asked.push("getGroup");
        return { group: read(groupId) };
      },
      listGroups: async () => ({ page: { groups: [...this.#groups.values()] } }),
      listGroupChildren: async ({ filter }) => {
        read(filter?.groupId);
        return { page: { children: [{ index: (filter?.afterIndex ?? 0) + 1 }], more: true } };
      },
      watchGroup: this.#watch.bind(this),
    };
  }

  async *#watch({ groupId }: { readonly groupId: string }) {
    for (;;) {
      const group = this.#read(groupId);
      yield { group };
      if (group.state === GroupState.SUCCEEDED) return;
      if (this.brokenWatches > 0) {
        this.brokenWatches -= 1;
        return;
      }
      await this.#changed.wait();
    }
  }
}
