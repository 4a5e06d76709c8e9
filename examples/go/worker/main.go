// A worker that counts words: jobs of type count-words with the payload {"text": "…"}.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"millrace.dev/go/worker"
)

func countWords(ctx context.Context, job *worker.Job) (any, error) {
	var payload struct {
		Text json.RawMessage `json:"text"`
		// A pause after each line, so that one can watch the worker.
		PauseSeconds float64 `json:"pauseSeconds"`
	}
	if err := job.Payload(&payload); err != nil {
		return nil, err
	}
	var text string
	if json.Unmarshal(payload.Text, &text) != nil {
		return nil, &worker.Failure{Reason: "MALFORMED", Message: `The payload needs a "text".`}
	}
	lines := strings.Split(text, "\n")
	words := 0
	for at, line := range lines {
		found := len(strings.Fields(line))
		words += found
		if err := job.Write(fmt.Sprintf("%.60s: %d\n", line, found)); err != nil {
			return nil, err
		}
		if err := job.Progress(uint32(at+1), uint32(len(lines)), "counting"); err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done(): // the job is cancelled, past its deadline, or handed back
			return nil, ctx.Err()
		case <-time.After(time.Duration(payload.PauseSeconds * float64(time.Second))):
		}
	}
	return map[string]int{"words": words}, nil
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	slots, _ := strconv.Atoi(setting("MILLRACE_SLOTS", "4"))
	drainMs, _ := strconv.Atoi(setting("MILLRACE_DRAIN_MS", "15000"))
	err := worker.Run(ctx, worker.Options{
		Address:   setting("MILLRACE_SCHEDULER_ADDRESS", "127.0.0.1:7072"),
		Token:     os.Getenv("MILLRACE_WORKER_TOKEN"),
		Queues:    strings.Split(setting("MILLRACE_QUEUES", "documents"), ","),
		Slots:     slots,
		Drain:     time.Duration(drainMs) * time.Millisecond,
		Executors: map[string]worker.Executor{"count-words": countWords},
	})
	if err != nil {
		slog.Error(err.Error())
		os.Exit(1)
	}
}
