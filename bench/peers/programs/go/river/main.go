// River: `river worker` and `river producer`.
package main

import (
	"context"
	"log"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"millrace.dev/bench/peers/lines"
)

type noopArgs struct{ lines.Payload }

func (noopArgs) Kind() string { return "noop" }

type noopWorker struct {
	river.WorkerDefaults[noopArgs]
	done *atomic.Int64
}

func (w *noopWorker) Work(context.Context, *river.Job[noopArgs]) error {
	w.done.Add(1)
	return nil
}

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, role string) error {
	pool, err := pgxpool.New(ctx, os.Getenv("POSTGRES_URL")+"?pool_max_conns=10")
	if err != nil {
		return err
	}
	defer pool.Close()
	driver := riverpgxv5.New(pool)
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	if role == "worker" {
		return work(ctx, driver, logger)
	}
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: logger})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	client, err := river.NewClient(driver, &river.Config{Logger: logger})
	if err != nil {
		return err
	}
	args := noopArgs{lines.NewPayload()}
	options := &river.InsertOpts{MaxAttempts: 5}
	return lines.ServeProducer(func(count int) error {
		if count == 1 {
			_, err := client.Insert(ctx, args, options)
			return err
		}
		many := make([]river.InsertManyParams, count)
		for at := range many {
			many[at] = river.InsertManyParams{Args: args, InsertOpts: options}
		}
		_, err := client.InsertManyFast(ctx, many)
		return err
	})
}

func work(ctx context.Context, driver *riverpgxv5.Driver, logger *slog.Logger) error {
	var done atomic.Int64
	workers := river.NewWorkers()
	river.AddWorker(workers, &noopWorker{done: &done})
	// The same setting as in River's own bench command.
	client, err := river.NewClient(driver, &river.Config{
		FetchCooldown:     2 * time.Millisecond,
		FetchPollInterval: 20 * time.Millisecond,
		Logger:            logger,
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2_000}},
		Workers:           workers,
	})
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return err
	}
	lines.ServeWorker(&done)
	return client.Stop(ctx)
}
