// Submits a job and prints what its worker writes: MILLRACE_API_KEY=mr_… go run ./caller count-words '{"text": "the whale"}'
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver/dns"
	"google.golang.org/grpc/status"

	jobsv1 "millrace.dev/go/gen/jobs/v1"
)

// docs/retries.md: which calls are repeated, and how often. The idempotency key makes it safe.
const retries = `{"loadBalancingConfig": [{"round_robin": {}}], "methodConfig": [{
	"name": [{"service": "millrace.jobs.v1.JobService"}],
	"retryPolicy": {"maxAttempts": 5, "initialBackoff": "0.05s", "maxBackoff": "2s", "backoffMultiplier": 2,
		"retryableStatusCodes": ["UNAVAILABLE"]}}]}`

var final = map[jobsv1.JobState]bool{
	jobsv1.JobState_JOB_STATE_SUCCEEDED: true, jobsv1.JobState_JOB_STATE_FAILED: true,
	jobsv1.JobState_JOB_STATE_CANCELLED: true, jobsv1.JobState_JOB_STATE_EXPIRED: true,
}

func main() {
	if len(os.Args) != 3 || os.Getenv("MILLRACE_API_KEY") == "" {
		log.Fatal("usage: MILLRACE_API_KEY=mr_… caller TYPE PAYLOAD")
	}
	address, queue := os.Getenv("MILLRACE_ADDRESS"), os.Getenv("MILLRACE_QUEUE")
	if address == "" {
		address = "127.0.0.1:7400"
	}
	if queue == "" {
		queue = "documents"
	}
	dns.SetMinResolutionInterval(time.Second)
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(retries))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+os.Getenv("MILLRACE_API_KEY"))
	jobs := jobsv1.NewJobServiceClient(connection)

	submitted, err := jobs.SubmitJob(ctx, &jobsv1.SubmitJobRequest{Job: &jobsv1.JobSpec{
		Queue:          queue,
		Type:           os.Args[1],
		Payload:        &jobsv1.JobSpec_PayloadJson{PayloadJson: os.Args[2]},
		IdempotencyKey: fmt.Sprintf("caller-%d-%d", os.Getpid(), time.Now().UnixNano()),
	}})
	if err != nil {
		log.Fatal(err)
	}
	job, next := submitted.Job, uint64(0)
	log.Print("job ", job.Id)
	// A watch that breaks goes on after the last chunk that came.
	for !final[job.State] {
		watch, err := jobs.WatchJob(ctx, &jobsv1.WatchJobRequest{JobId: job.Id, FromOffset: next})
		if err != nil {
			log.Fatal(err)
		}
		for {
			event, err := watch.Recv()
			if err == io.EOF || status.Code(err) == codes.Unavailable {
				break
			}
			if err != nil {
				log.Fatal(err)
			}
			if event.GetJob() != nil {
				job = event.GetJob()
			}
			for _, chunk := range event.GetChunks().GetChunks() {
				fmt.Print(chunk.GetText())
				next = chunk.Offset + 1
			}
		}
	}
	if job.State != jobsv1.JobState_JOB_STATE_SUCCEEDED {
		log.Fatal(job.State, ": ", job.Failure.GetReason(), ": ", job.Failure.GetMessage())
	}
	fmt.Printf("\n%s\n", job.ResultJson)
}
