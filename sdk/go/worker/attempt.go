package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/durationpb"

	jobsv1 "millrace.dev/go/gen/jobs/v1"
	workersv1 "millrace.dev/go/gen/workers/v1"
)

// The longest text of one chunk, and the most chunks of one message.
const (
	chunkBytes    = 64 << 10
	messageChunks = 32
)

// Failure is an error that says why an attempt failed, and whether another may succeed.
type Failure struct {
	// In capitals, such as MALFORMED. Callers see it.
	Reason  string
	Message string
	// False: the job fails for good.
	Retryable bool
	// The shortest wait before the next attempt. 0: the job's backoff.
	RetryAfter time.Duration
}

func (f *Failure) Error() string { return f.Reason + ": " + f.Message }

// Job is one attempt of a job, for its executor.
type Job struct {
	// As the scheduler assigned it.
	*workersv1.Assignment
	attempt *attempt
	worker  *worker
	usage   *jobsv1.Usage
}

// ErrOutputFull says that the job has as much output as a job may have.
var ErrOutputFull = errors.New("millrace: the output of the job is full")

// Payload reads the job's payload into a value, as json.Unmarshal does. If that fails, the job fails for good.
func (j *Job) Payload(into any) error {
	if err := json.Unmarshal([]byte(j.PayloadJson), into); err != nil {
		return &Failure{Reason: "MALFORMED", Message: "The payload does not have the form that the executor reads: " + err.Error()}
	}
	return nil
}

// Write sends text to whoever watches the job. It waits while more than 1 MiB is not stored.
func (j *Job) Write(text string) error {
	for len(text) > 0 {
		part := text
		if len(part) > chunkBytes {
			part = part[:chunkBytes]
			for !utf8.RuneStart(text[len(part)]) {
				part = part[:len(part)-1]
			}
		}
		text = text[len(part):]
		if err := j.append(len(part), &workersv1.WorkerChunk{Content: &workersv1.WorkerChunk_Text{Text: part}}); err != nil {
			return err
		}
	}
	return nil
}

// Progress reports how much of the work is done. total is 0 if it is not known.
func (j *Job) Progress(done, total uint32, message string) error {
	return j.append(64, &workersv1.WorkerChunk{Content: &workersv1.WorkerChunk_Progress{
		Progress: &jobsv1.Progress{Done: done, Total: total, Message: message}}})
}

// Spent sets what the attempt has used of its budgets.
func (j *Job) Spent(usage *jobsv1.Usage) {
	j.worker.mu.Lock()
	defer j.worker.mu.Unlock()
	j.usage = usage
}

func (j *Job) append(bytes int, chunk *workersv1.WorkerChunk) error {
	a, w := j.attempt, j.worker
	w.mu.Lock()
	defer w.mu.Unlock()
	for a.bytes > unstoredBytes && !a.stopped && !a.full {
		a.room.Wait()
	}
	switch {
	case a.stopped:
		return context.Canceled
	case a.full:
		return ErrOutputFull
	}
	a.chunks, a.sizes, a.bytes = append(a.chunks, chunk), append(a.sizes, bytes), a.bytes+bytes
	w.changed()
	return nil
}

// One lease, from its assignment until its outcome is stored. The worker's mutex guards it.
type attempt struct {
	lease  *workersv1.LeaseRef
	job    *Job
	cancel func()
	room   *sync.Cond
	// Output that is not stored: its chunks, their sizes and sum, the number of the first, and of the next to send.
	chunks      []*workersv1.WorkerChunk
	sizes       []int
	bytes       int
	first, sent uint32
	full        bool
	outcome     *workersv1.AttemptOutcome
	// The outcome is on its way; the attempt was told to stop; its executor has returned; it is settled, or its lease is lost.
	settling, stopped, returned, over bool
}

func key(lease *workersv1.LeaseRef) string {
	return fmt.Sprintf("%s#%d", lease.GetJobId(), lease.GetFencingToken())
}

// Starts the attempt of an assignment.
func (w *worker) start(assignment *workersv1.Assignment) {
	if w.attempts[key(assignment.Lease)] != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	a := &attempt{lease: assignment.Lease, cancel: cancel, room: sync.NewCond(&w.mu)}
	a.job = &Job{Assignment: assignment, attempt: a, worker: w}
	w.attempts[key(a.lease)] = a
	go func() {
		defer cancel()
		result, err := run(ctx, w.Executors[assignment.Type], a.job)
		w.mu.Lock()
		defer w.mu.Unlock()
		a.returned = true
		if a.outcome == nil {
			a.outcome = outcomeOf(a.stopped, result, err)
		}
		if a.over {
			w.forget(a)
		}
		w.changed()
	}()
}

func run(ctx context.Context, executor Executor, job *Job) (result any, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("panic: %v", thrown)
		}
	}()
	if executor == nil {
		return nil, &Failure{Reason: "UNKNOWN_JOB_TYPE", Message: "The worker has no executor for " + job.Type, Retryable: true}
	}
	return executor(ctx, job)
}

func outcomeOf(stopped bool, result any, err error) *workersv1.AttemptOutcome {
	if stopped {
		return &workersv1.AttemptOutcome{Outcome: &workersv1.AttemptOutcome_Stopped{Stopped: &workersv1.Stopped{}}}
	}
	if err == nil {
		text, notJSON := json.Marshal(result)
		if notJSON == nil {
			return &workersv1.AttemptOutcome{Outcome: &workersv1.AttemptOutcome_Completed{
				Completed: &workersv1.Completed{ResultJson: string(text)}}}
		}
		err = &Failure{Reason: "MALFORMED", Message: "The result is not JSON: " + notJSON.Error()}
	}
	var failure *Failure
	if !errors.As(err, &failure) {
		failure = &Failure{Reason: "EXECUTOR_FAILED", Message: err.Error(), Retryable: true}
	}
	failed := &workersv1.Failed{Failure: &jobsv1.JobFailure{
		Reason: failure.Reason, Message: cut(failure.Message), Retryable: failure.Retryable}}
	if failure.RetryAfter > 0 {
		failed.RetryAfter = durationpb.New(failure.RetryAfter)
	}
	return &workersv1.AttemptOutcome{Outcome: &workersv1.AttemptOutcome_Failed{Failed: failed}}
}

// The longest message of a failure has 2,000 characters.
func cut(message string) string {
	if runes := []rune(message); len(runes) > 2000 {
		return string(runes[:2000])
	}
	return message
}

// Tells the executor to stop.
func (a *attempt) stop() {
	if a.outcome == nil {
		a.stopped = true
		a.cancel()
		a.room.Broadcast()
	}
}

func (a *attempt) handBack(reason string) {
	if a.outcome == nil {
		a.outcome = &workersv1.AttemptOutcome{Outcome: &workersv1.AttemptOutcome_HandedBack{
			HandedBack: &workersv1.HandedBack{Reason: reason}}}
		a.stopped, a.returned = true, true
		a.chunks, a.sizes, a.bytes, a.first = nil, nil, 0, a.next()
		a.cancel()
		a.room.Broadcast()
	}
}

// Sends again from the chunk `next`. The store may have lost what it had: only another attempt can write that again.
func (a *attempt) sendFrom(next uint32) {
	if next >= a.first {
		a.stored(next)
		a.sent = next
		return
	}
	a.cancel()
	a.stopped, a.chunks, a.sizes, a.bytes = true, nil, nil, 0
	a.sent = a.first
	a.outcome = outcomeOf(false, nil, &Failure{Reason: "OUTPUT_GONE", Message: "Output that was stored is gone from the store.", Retryable: true})
	a.room.Broadcast()
}

// The number of the chunk that is written next.
func (a *attempt) next() uint32 { return a.first + uint32(len(a.chunks)) }

// Chunks before `next` are stored.
func (a *attempt) stored(next uint32) {
	for a.first < next && len(a.chunks) > 0 {
		a.bytes -= a.sizes[0]
		a.chunks, a.sizes, a.first = a.chunks[1:], a.sizes[1:], a.first+1
	}
	a.sent = max(a.sent, a.first)
	a.room.Broadcast()
}

// The output that is to be sent now; nil if there is none.
func (a *attempt) output() *workersv1.AttemptOutput {
	if a.over || a.sent >= a.next() {
		return nil
	}
	from := a.sent - a.first
	to := min(uint32(len(a.chunks)), from+messageChunks)
	output := &workersv1.AttemptOutput{Lease: a.lease, FirstSequence: a.sent, Chunks: a.chunks[from:to]}
	a.sent = a.first + to
	if a.sent < a.next() {
		a.job.worker.changed()
	}
	return output
}

// The outcome that is to be sent now: all output is stored, and the outcome is not on its way.
func (a *attempt) settlement() *workersv1.AttemptOutcome {
	if a.over || a.settling || a.outcome == nil || len(a.chunks) > 0 {
		return nil
	}
	a.settling = true
	a.outcome.Lease, a.outcome.Usage = a.lease, a.job.usage
	return a.outcome
}
