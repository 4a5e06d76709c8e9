import { GroupService } from "@millrace/proto/group-service";
import type { JobSpec } from "@millrace/proto/job";
import { groupLength, limits, parseJobId } from "@millrace/shared";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import {
  type Group,
  type GroupChild,
  groupChildOf,
  groupOf,
  groupSpecOf,
  type NewChild,
} from "./group.ts";
import type { CreatedGroup, CreateGroupOptions, GroupHandle, Millrace } from "./millrace.ts";
import { MillraceError } from "./millrace-error.ts";
import { asking, askingOnce, required } from "./retrying.ts";
import { childSpecOf, specBytes } from "./submission.ts";
import { outcomeOf, type SubmitOutcome } from "./submit-stream.ts";
import { groupDone, watchGroup } from "./watch-group.ts";

type GroupCalls = Pick<Millrace, "createGroup" | "group" | "listGroups">;

/** The children that go with the call that creates their group. */
const firstPiece = {
  maxItems: limits.jobsPerSubmit,
  maxWeight: limits.messageBytes,
  weigh: specBytes,
};

/** `submitMany` submits the children that join later. */
export function groupCalls(connection: Connection, submitMany: Millrace["submitMany"]): GroupCalls {
  const { method } = GroupService;
  const ask = asking(connection);

  const handleOf = (id: string, queue: string): GroupHandle => ({
    id,
    submit: (jobs, call) =>
      submitMany(
        jobs.map((job) => ({ ...job, queue, groupId: id })),
        call,
      ),
    async close(call = {}) {
      const { group } = await ask(method.closeGroup, { groupId: id }, call);
      return groupOf(required(group));
    },
    async get(call = {}) {
      const { group } = await ask(method.getGroup, { groupId: id }, call);
      return groupOf(required(group));
    },
    done: (call = {}) => groupDone(connection, id, call),
    watch: (options = {}) => watchGroup(connection, id, options),
    children: <Result>(call: CallOptions = {}) => childrenOf<Result>(id, call),
    async cancel({ reason = "", ...call } = {}) {
      const { group } = await ask(method.cancelGroup, { groupId: id, reason }, call);
      return groupOf(required(group));
    },
  });

  async function* childrenOf<Result>(
    groupId: string,
    call: CallOptions,
  ): AsyncGenerator<GroupChild<Result>> {
    let afterIndex = 0;
    for (;;) {
      const request = { groupId, afterIndex, pageSize: limits.jobsPerSubmit };
      const { children, more } = await ask(method.listGroupChildren, request, call);
      for (const child of children) yield groupChildOf<Result>(child);
      afterIndex = children.at(-1)?.index ?? afterIndex;
      if (!more) return;
    }
  }

  /** A repeated call would make a second group. */
  const createOnce = (
    spec: ReturnType<typeof groupSpecOf>,
    jobs: readonly JobSpec[],
    close: boolean,
    call: CallOptions,
  ) => askingOnce(connection)(method.createGroup, { group: spec, jobs: [...jobs], close }, call);

  const createGroup = async (
    newGroup: Parameters<Millrace["createGroup"]>[0],
    jobs: readonly NewChild[] = [],
    { close = false, ...call }: CreateGroupOptions = {},
  ): Promise<CreatedGroup> => {
    const { queue } = newGroup;
    const specs = jobs.map((job) => childSpecOf(job, queue));
    const first = specs.slice(0, groupLength(specs, 0, firstPiece));
    const isWhole = first.length === jobs.length;
    const answer = await createOnce(groupSpecOf(newGroup), first, close && isWhole, call);
    const group = groupOf(required(answer.group));
    const handle = handleOf(group.id, queue);
    const outcomes: SubmitOutcome[] = answer.results.map(outcomeOf);
    if (!isWhole) {
      outcomes.push(...(await handle.submit(jobs.slice(first.length), call)));
      if (close && outcomes.every(({ kind }) => kind === "accepted")) await handle.close(call);
    }
    return { ...handle, outcomes };
  };

  return {
    createGroup,
    group(groupId) {
      const queue = parseJobId(groupId)?.queue;
      if (queue === undefined) throw notGroupId(groupId);
      return handleOf(groupId, queue);
    },
    async *listGroups({ queue, pageSize = 0 }, call = {}): AsyncGenerator<Group> {
      let pageToken = "";
      do {
        const page = await ask(method.listGroups, { queue, pageSize, pageToken }, call);
        for (const group of page.groups) yield groupOf(group);
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
    },
  };
}

const notGroupId = (groupId: string): MillraceError =>
  new MillraceError({
    code: "INVALID_ARGUMENT",
    reason: "MALFORMED",
    message: `"${groupId}" is not the id of a group; an id looks like <queue>~<key id>~<ULID>`,
  });
