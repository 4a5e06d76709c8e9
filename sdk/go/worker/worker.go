// Package worker runs jobs of Millrace in Go. docs/workers.md describes the protocol.
package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver/dns"
	"google.golang.org/grpc/status"

	workersv1 "millrace.dev/go/gen/workers/v1"
)

// Executor runs one attempt of a job. Its result is stored as JSON. ctx ends when the attempt must stop; what is returned then
// does not matter. An error is a failure that is tried again, unless it is a *Failure that says otherwise.
type Executor func(ctx context.Context, job *Job) (any, error)

// Options says what a worker serves. Address, Queues and Executors are required.
type Options struct {
	// The gRPC target of the schedulers, such as dns:///millrace-scheduler:7072.
	Address string
	// The worker token of the schedulers; empty if they have none.
	Token string
	// TLS credentials; nil for plaintext.
	Credentials credentials.TransportCredentials
	// The id of the worker, for people. Default: host name and process id.
	ID string
	// The queues that it serves, and the pools besides jobs without one.
	Queues, Pools []string
	// How many jobs run at once. Default 4.
	Slots int
	// The executor of each job type.
	Executors map[string]Executor
	// How long running jobs may take once the context of Run has ended. The rest is handed back, which spends no attempt.
	Drain time.Duration
	// Default: slog.Default().
	Log *slog.Logger
}

const (
	// An attempt may have so many bytes of output that are not stored. Write waits for room.
	unstoredBytes = 1 << 20
	// The pause before a write is sent again that the store did not take.
	storePause = 250 * time.Millisecond
	// gRPC's own limit on reconnect attempts is two minutes.
	connectTimeout = 5 * time.Second
	// How long the goodbye may take.
	goodbyeTimeout = 5 * time.Second
)

type worker struct {
	Options
	mu       sync.Mutex
	attempts map[string]*attempt
	// The credit that the scheduler has not been told of.
	free    int
	leaving bool
	saidSo  bool
	saidBye bool
	wake    chan struct{}
}

// Run serves until ctx has ended and the worker has drained. It returns an error if the scheduler refuses the worker for good.
func Run(ctx context.Context, options Options) error {
	w := &worker{Options: options, attempts: map[string]*attempt{}, wake: make(chan struct{}, 1)}
	if w.Address == "" || len(w.Queues) == 0 || len(w.Executors) == 0 {
		return errors.New("millrace: set Address, Queues and Executors of the worker's options")
	}
	if w.Slots == 0 {
		w.Slots = 4
	}
	if w.ID == "" {
		host, _ := os.Hostname()
		w.ID = fmt.Sprintf("%s-%d", host, os.Getpid())
	}
	if w.Log == nil {
		w.Log = slog.Default()
	}
	connection, err := w.dial()
	if err != nil {
		return err
	}
	defer connection.Close()
	stopDraining := context.AfterFunc(ctx, w.leave)
	defer stopDraining()
	client := workersv1.NewWorkerServiceClient(connection)
	for pause := 200 * time.Millisecond; ; pause = min(2*pause, connectTimeout) {
		begin := time.Now()
		accepted, err := w.serve(client)
		if err == nil {
			return nil
		}
		if !accepted && isFinal(err) {
			return fmt.Errorf("millrace: the scheduler refuses the worker: %w", err)
		}
		if w.isDone() {
			return nil
		}
		if time.Since(begin) > connectTimeout {
			pause = 200 * time.Millisecond
		}
		w.Log.Warn("the stream was cut; connecting again", "error", err)
		time.Sleep(time.Duration(rand.Int64N(int64(pause))))
	}
}

func (w *worker) dial() (*grpc.ClientConn, error) {
	// Pods get new addresses at each rollout.
	dns.SetMinResolutionInterval(time.Second)
	transport := w.Credentials
	if transport == nil {
		transport = insecure.NewCredentials()
	}
	retry := backoff.DefaultConfig
	retry.MaxDelay = connectTimeout
	return grpc.NewClient(w.Address,
		grpc.WithTransportCredentials(transport),
		// gRPC's own retries keep every message of a long stream.
		grpc.WithDisableRetry(),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin": {}}]}`),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 10 * time.Second}),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: retry, MinConnectTimeout: connectTimeout}))
}

// Errors that come again if the same worker connects again.
func isFinal(err error) bool {
	switch status.Code(err) {
	case codes.InvalidArgument, codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented:
		return true
	}
	return false
}

// Takes no more jobs. Those that run are handed back after the drain time.
func (w *worker) leave() {
	w.mu.Lock()
	w.leaving = true
	w.mu.Unlock()
	w.changed()
	time.AfterFunc(w.Drain, func() {
		w.mu.Lock()
		for _, a := range w.attempts {
			a.handBack("the worker stops")
		}
		w.mu.Unlock()
		w.changed()
	})
}

func (w *worker) isDone() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leaving && len(w.attempts) == 0
}

// Has the sender look at what is to be sent.
func (w *worker) changed() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Serves over one stream. Returns whether the scheduler has accepted the worker, and nil after the goodbye.
func (w *worker) serve(client workersv1.WorkerServiceClient) (bool, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if w.Token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+w.Token)
	}
	stream, err := client.Work(ctx)
	if err != nil {
		return false, err
	}
	if err := stream.Send(w.hello()); err != nil && err != io.EOF {
		return false, err
	}
	first, err := stream.Recv()
	if err != nil {
		return false, err
	}
	welcome := first.GetWelcome()
	if welcome == nil {
		return false, errors.New("the scheduler's first message is no welcome")
	}
	for _, queue := range welcome.UndefinedQueues {
		w.Log.Warn("the queue is not defined; the worker waits until an operator defines it", "queue", queue)
	}
	w.resume(welcome.Leases)
	w.Log.Info("connected", "scheduler", welcome.SchedulerId)
	sender := make(chan struct{})
	go func() {
		defer close(sender)
		w.send(ctx, cancel, stream, welcome.HeartbeatInterval.AsDuration())
	}()
	// The next stream must not begin while this one takes messages.
	defer func() { cancel(); <-sender }()
	for {
		message, err := stream.Recv()
		if err == io.EOF && w.said() {
			return true, nil
		}
		if err != nil {
			return true, err
		}
		if message.GetDrain() != nil {
			return true, errors.New("the scheduler stops")
		}
		w.receive(ctx, message)
	}
}

func (w *worker) said() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.saidBye
}

func (w *worker) hello() *workersv1.WorkRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free, w.saidSo, w.saidBye = 0, w.leaving, false
	hello := &workersv1.Hello{WorkerId: w.ID, Queues: w.Queues, Pools: w.Pools, Sdk: "millrace-go/0.1.0", Slots: uint32(w.Slots)}
	for jobType := range w.Executors {
		hello.Types = append(hello.Types, jobType)
	}
	for _, a := range w.attempts {
		if !a.over {
			hello.Leases = append(hello.Leases, a.lease)
		}
	}
	if !w.leaving {
		hello.Credit = uint32(w.Slots - len(w.attempts))
	}
	return &workersv1.WorkRequest{Message: &workersv1.WorkRequest_Hello{Hello: hello}}
}

// Sends heartbeats and what has changed, until ctx has ended.
func (w *worker) send(ctx context.Context, cancel func(), stream workersv1.WorkerService_WorkClient, every time.Duration) {
	heartbeat := time.NewTicker(every)
	defer heartbeat.Stop()
	for beat := false; ; {
		for _, message := range w.messages(beat) {
			if stream.Send(message) != nil {
				return
			}
		}
		if w.said() {
			stream.CloseSend()
			time.AfterFunc(goodbyeTimeout, cancel)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
			beat = false
		case <-heartbeat.C:
			beat = true
		}
	}
}
