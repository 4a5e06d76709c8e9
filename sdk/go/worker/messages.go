package worker

import (
	"context"
	"time"

	workersv1 "millrace.dev/go/gen/workers/v1"
)

// What is to be sent now, in order.
func (w *worker) messages(beat bool) []*workersv1.WorkRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []*workersv1.WorkRequest
	if beat {
		leases := make([]*workersv1.LeaseRef, 0, len(w.attempts))
		for _, a := range w.attempts {
			if !a.over {
				leases = append(leases, a.lease)
			}
		}
		all = append(all, &workersv1.WorkRequest{Message: &workersv1.WorkRequest_Heartbeat{
			Heartbeat: &workersv1.Heartbeat{Leases: leases}}})
	}
	for _, a := range w.attempts {
		if output := a.output(); output != nil {
			all = append(all, &workersv1.WorkRequest{Message: &workersv1.WorkRequest_Output{
				Output: &workersv1.AppendOutput{Attempts: []*workersv1.AttemptOutput{output}}}})
		}
		if outcome := a.settlement(); outcome != nil {
			all = append(all, &workersv1.WorkRequest{Message: &workersv1.WorkRequest_Settle{
				Settle: &workersv1.SettleAttempts{Outcomes: []*workersv1.AttemptOutcome{outcome}}}})
		}
	}
	if w.free > 0 && !w.leaving {
		all = append(all, &workersv1.WorkRequest{Message: &workersv1.WorkRequest_Credit{
			Credit: &workersv1.Credit{Slots: uint32(w.free)}}})
		w.free = 0
	}
	if w.leaving && !w.saidSo {
		all = append(all, &workersv1.WorkRequest{Message: &workersv1.WorkRequest_Draining{Draining: &workersv1.Draining{}}})
		w.saidSo = true
	}
	if w.leaving && len(w.attempts) == 0 && !w.saidBye {
		all = append(all, &workersv1.WorkRequest{Message: &workersv1.WorkRequest_Goodbye{Goodbye: &workersv1.Goodbye{}}})
		w.saidBye = true
	}
	return all
}

func (w *worker) receive(ctx context.Context, message *workersv1.WorkResponse) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch m := message.Message.(type) {
	case *workersv1.WorkResponse_Assignments:
		for _, assignment := range m.Assignments.Assignments {
			w.start(assignment)
		}
	case *workersv1.WorkResponse_HeartbeatAck:
		for _, lease := range m.HeartbeatAck.Lost {
			w.lose(lease)
		}
	case *workersv1.WorkResponse_OutputAcks:
		for _, ack := range m.OutputAcks.Acks {
			w.outputAnswered(ack)
		}
	case *workersv1.WorkResponse_SettleAcks:
		for _, ack := range m.SettleAcks.Acks {
			w.settleAnswered(ack)
		}
	case *workersv1.WorkResponse_Stop:
		for _, stop := range m.Stop.Attempts {
			if stop.Reason == workersv1.StopReason_STOP_REASON_LEASE_LOST {
				w.lose(stop.Lease)
			} else if a := w.attempts[key(stop.Lease)]; a != nil {
				a.stop()
			}
		}
	}
	w.changed()
}

// Applies what the scheduler knows of the leases that the worker had presented.
func (w *worker) resume(leases []*workersv1.LeaseStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, known := range leases {
		a := w.attempts[key(known.Lease)]
		if a == nil {
			continue
		}
		if !known.Held {
			w.lose(known.Lease)
			continue
		}
		a.settling = false
		a.sendFrom(known.NextSequence)
		if known.CancelRequested {
			a.stop()
		}
	}
}

func (w *worker) outputAnswered(ack *workersv1.OutputAck) {
	a := w.attempts[key(ack.Lease)]
	if a == nil {
		return
	}
	switch ack.Status {
	case workersv1.WriteStatus_WRITE_STATUS_STORED:
		a.stored(ack.NextSequence)
	case workersv1.WriteStatus_WRITE_STATUS_GAP:
		a.sendFrom(ack.NextSequence)
	case workersv1.WriteStatus_WRITE_STATUS_FULL:
		a.full = true
		a.stored(a.next())
	case workersv1.WriteStatus_WRITE_STATUS_LEASE_LOST:
		w.lose(ack.Lease)
	default:
		w.later(func() { a.sent = a.first })
	}
}

func (w *worker) settleAnswered(ack *workersv1.SettleAck) {
	a := w.attempts[key(ack.Lease)]
	switch {
	case a == nil:
	case ack.Status == workersv1.WriteStatus_WRITE_STATUS_STORED:
		w.forget(a)
	case ack.Status == workersv1.WriteStatus_WRITE_STATUS_LEASE_LOST:
		w.lose(ack.Lease)
	default:
		w.later(func() { a.settling = false })
	}
}

// Does something after a pause, and sends what follows.
func (w *worker) later(do func()) {
	time.AfterFunc(storePause, func() {
		w.mu.Lock()
		do()
		w.mu.Unlock()
		w.changed()
	})
}

// The lease is lost: nothing more is sent for its attempt.
func (w *worker) lose(lease *workersv1.LeaseRef) {
	if a := w.attempts[key(lease)]; a != nil {
		a.stop()
		w.forget(a)
	}
}

// Gives the slot of an attempt back, as soon as its executor has returned.
func (w *worker) forget(a *attempt) {
	a.over = true
	if a.returned && w.attempts[key(a.lease)] == a {
		delete(w.attempts, key(a.lease))
		w.free++
	}
}
