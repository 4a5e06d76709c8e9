// Asynq: `asynq worker` and `asynq producer`.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"strconv"
	"sync/atomic"

	"github.com/hibiken/asynq"
	"millrace.dev/bench/peers/lines"
)

func main() {
	redis, err := asynq.ParseRedisURI(os.Getenv("REDIS_URL"))
	if err != nil {
		log.Fatal(err)
	}
	if os.Args[1] == "worker" {
		work(redis)
		return
	}
	client := asynq.NewClient(redis)
	defer client.Close()
	payload, err := json.Marshal(lines.NewPayload())
	if err != nil {
		log.Fatal(err)
	}
	// Asynq has no call for many jobs.
	add := func(count int) error {
		for range count {
			if _, err := client.Enqueue(asynq.NewTask("noop", payload), asynq.MaxRetry(4)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := lines.ServeProducer(add); err != nil {
		log.Fatal(err)
	}
}

func work(redis asynq.RedisConnOpt) {
	slots, err := strconv.Atoi(os.Getenv("SLOTS"))
	if err != nil {
		log.Fatal(err)
	}
	server := asynq.NewServer(redis, asynq.Config{Concurrency: slots, LogLevel: asynq.ErrorLevel})
	var done atomic.Int64
	handler := asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
		done.Add(1)
		return nil
	})
	if err := server.Start(handler); err != nil {
		log.Fatal(err)
	}
	lines.ServeWorker(&done)
	server.Shutdown()
}
