import type { JobService } from "@millrace/proto/job-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { createWake, parseJobId } from "@millrace/shared";
import type { Caller } from "../caller.ts";
import { FinishedNews } from "../finished-news.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { HeldRequests } from "../held-requests.ts";
import { StreamSubmissions } from "../stream-submissions.ts";

const noNews = { finished: [], goneJobIds: [] };

/**
 * Two halves that never wait for one another but for room: one takes jobs up, each message a group to
 * the scheduler, and the other sends what is there to be said: answers first, so that no news of a
 * job's end comes before its answer. A stream that has as much in hand as it may is read a little
 * further, so that waits that are given up make room.
 */
export const submitStream = ({
  submit,
  scheduler,
  hub,
  authenticate,
  clock,
  streamLimits,
  streams,
  awaited,
}: GatewayParts): Handler<typeof JobService.method.submitStream, Caller> =>
  async function* (requests, { identity, headers, path, peer, signal, draining }) {
    const { keyId } = identity;
    using _place = streams.enter(keyId);
    const wake = createWake();
    const room = createWake();
    const news = new FinishedNews(hub, wake.wake, (change) => awaited.add(keyId, change));
    let notify: boolean | undefined;
    let taking = true;
    let over = false;
    /** The caller had more to say. */
    let isCutShort = false;
    const aged = new AbortController();
    const age = clock.after(streamLimits.ageMs, () => aged.abort());
    const leaving = AbortSignal.any([draining, aged.signal]);
    const jobs = new StreamSubmissions({
      submit: (specs) => submit(keyId, specs),
      onAccepted: (jobIds) => notify && news.expect(jobIds),
      onAnswers: wake.wake,
    });

    const isFull = () =>
      jobs.unanswered >= streamLimits.unanswered ||
      (notify ? jobs.unanswered : 0) + news.outstanding >= streamLimits.unfinished;
    const held = new HeldRequests();
    const isOwn = (id: string) => parseJobId(id)?.keyId === keyId;
    /** Takes what was read, as far as there is room for it. */
    const takeHeld = () => {
      while (!isFull() && !leaving.aborted) {
        const request = held.take();
        if (request === undefined) return;
        news.expect(request.notifyJobIds.filter(isOwn));
        news.unknown(request.notifyJobIds.filter((id) => !isOwn(id)));
        jobs.add(request.items);
      }
    };
    const receive = async () => {
      for await (const request of requests) {
        // A key that was revoked ends the stream as it ends calls.
        await authenticate(headers, path, peer);
        // What is not taken is not submitted, and whoever reads DRAINING may send it again.
        if (leaving.aborted || over) {
          isCutShort = true;
          return;
        }
        notify ??= request.notifyFinished;
        const asks = request.notifyJobIds.length + (notify ? request.items.length : 0);
        if (asks > 0) awaited.check(keyId);
        if (request.forgetJobIds.length > 0) {
          held.forget(request.forgetJobIds);
          news.forget(request.forgetJobIds);
        }
        held.add(request);
        takeHeld();
        wake.wake();
        while (held.isFull && !over) await room.wait();
      }
    };
    void receive()
      .catch((error: unknown) => jobs.fail(error))
      .finally(() => {
        taking = false;
        wake.wake();
      });

    leaving.addEventListener("abort", wake.wake, { once: true });
    signal.addEventListener("abort", wake.wake, { once: true });
    try {
      while (!signal.aborted) {
        const results = jobs.takeAnswers();
        const { finished, goneJobIds } = jobs.hasAnswers ? noNews : news.take();
        takeHeld();
        room.wake();
        if (results.length + finished.length + goneJobIds.length > 0) {
          yield { results, finished, goneJobIds };
          continue;
        }
        if (news.hasLate && (await news.readLate(scheduler, keyId, signal))) continue;
        if (jobs.isUnderWay) await wake.wait();
        else if (jobs.failure !== undefined) throw jobs.failure.error;
        else if (!taking && !isCutShort && held.isEmpty && news.outstanding === 0) return;
        else if (leaving.aborted) {
          throw rpcError({ reason: "DRAINING", message: "open another stream to go on" });
        } else if (!news.hasLate) await wake.wait();
      }
    } finally {
      over = true;
      room.wake();
      age.cancel();
      leaving.removeEventListener("abort", wake.wake);
      signal.removeEventListener("abort", wake.wake);
      news.close();
    }
  };
