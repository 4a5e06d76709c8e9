// Temporal: `temporal activity|workflow worker|producer`. A job is a standalone activity, which
// Temporal's documentation calls its job queue. Or it is a workflow that runs one activity and does
// nothing else, which was the only way before there were standalone activities.
package main

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/durationpb"
	"millrace.dev/bench/peers/lines"
)

const (
	queue     = "bench"
	namespace = "bench"
	noop      = "noop"
	// The time limit of one attempt. Temporal's documentation recommends the shortest limit that the longest
	// run allows. If the busy server gives up in the middle of a start, the attempt is tried again after this time.
	timeout = 10 * time.Second
)

var retries = &temporal.RetryPolicy{MaximumAttempts: 5}

func main() {
	if err := run(context.Background(), os.Args[1] == "workflow", os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, asWorkflow bool, role string) error {
	options := client.Options{
		HostPort:  os.Getenv("TEMPORAL"),
		Namespace: namespace,
		Logger: sdklog.NewStructuredLogger(
			slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))),
	}
	if role == "producer" {
		if err := register(ctx, options); err != nil {
			return err
		}
	}
	temporal, err := client.DialContext(ctx, options)
	if err != nil {
		return err
	}
	defer temporal.Close()
	switch {
	case role == "worker":
		return work(temporal, asWorkflow)
	case asWorkflow:
		return serve(func(payload lines.Payload) error {
			start := client.StartWorkflowOptions{TaskQueue: queue}
			_, err := temporal.ExecuteWorkflow(ctx, start, noop, payload)
			return err
		})
	default:
		return serve(func(payload lines.Payload) error {
			_, err := temporal.ExecuteActivity(ctx, client.StartActivityOptions{
				ID:                  uuid.NewString(),
				TaskQueue:           queue,
				StartToCloseTimeout: timeout,
				RetryPolicy:         retries,
			}, noop, payload)
			return err
		})
	}
}

// Temporal has no call for many jobs.
func serve(start func(payload lines.Payload) error) error {
	payload := lines.NewPayload()
	return lines.ServeProducer(func(count int) error {
		for range count {
			if err := start(payload); err != nil {
				return err
			}
		}
		return nil
	})
}

// register creates the namespace and waits until the server has it.
func register(ctx context.Context, options client.Options) error {
	namespaces, err := client.NewNamespaceClient(options)
	if err != nil {
		return err
	}
	defer namespaces.Close()
	err = namespaces.Register(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        namespace,
		WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	var there *serviceerror.NamespaceAlreadyExists
	if errors.As(err, &there) {
		return nil
	}
	return err
}

func work(temporal client.Client, asWorkflow bool) error {
	// Temporal's page on the performance of workers recommends this.
	pollers := worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{})
	worker := worker.New(temporal, queue, worker.Options{
		ActivityTaskPollerBehavior: pollers,
		WorkflowTaskPollerBehavior: pollers,
		DisableWorkflowWorker:      !asWorkflow,
	})
	var done atomic.Int64
	worker.RegisterActivityWithOptions(func(context.Context, lines.Payload) error {
		if !asWorkflow {
			done.Add(1)
		}
		return nil
	}, activity.RegisterOptions{Name: noop})
	if asWorkflow {
		worker.RegisterWorkflowWithOptions(func(ctx workflow.Context, payload lines.Payload) error {
			err := runActivity(ctx, payload)
			if err == nil && !workflow.IsReplaying(ctx) {
				done.Add(1)
			}
			return err
		}, workflow.RegisterOptions{Name: noop})
	}
	if err := worker.Start(); err != nil {
		return err
	}
	lines.ServeWorker(&done)
	worker.Stop()
	return nil
}

func runActivity(ctx workflow.Context, payload lines.Payload) error {
	options := workflow.ActivityOptions{StartToCloseTimeout: timeout, RetryPolicy: retries}
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), noop, payload).Get(ctx, nil)
}
