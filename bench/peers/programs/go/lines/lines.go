// Package lines exchanges lines of JSON between a program of bench/peers and its parent. The program
// ends when its input ends.
package lines

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type Payload struct {
	Document string `json:"document"`
	Note     string `json:"note"`
}

func NewPayload() Payload {
	return Payload{Document: "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B", Note: strings.Repeat("x", 150)}
}

// ServeWorker reports the number of done jobs until its input ends. The worker must run already.
func ServeWorker(done *atomic.Int64) {
	fmt.Println(`{"ready":true}`)
	go func() {
		said := int64(0)
		for range time.Tick(10 * time.Millisecond) {
			if now := done.Load(); now != said {
				said = now
				fmt.Printf("{\"worker\":%d,\"done\":%d}\n", os.Getpid(), now)
			}
		}
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

type ask struct {
	Jobs     int `json:"jobs"`
	InFlight int `json:"inFlight"`
	Batch    int `json:"batch"`
}

// ServeProducer stores jobs when it is asked to. Each call of add stores count jobs.
func ServeProducer(add func(count int) error) error {
	fmt.Println(`{"ready":true}`)
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		var asked ask
		if err := json.Unmarshal(input.Bytes(), &asked); err != nil {
			return err
		}
		if err := produce(asked, add); err != nil {
			return err
		}
		fmt.Printf("{\"submitted\":%d}\n", asked.Jobs)
	}
	return input.Err()
}

func produce(asked ask, add func(count int) error) error {
	var left atomic.Int64
	left.Store(int64(asked.Jobs))
	var all sync.WaitGroup
	failures := make(chan error, asked.InFlight)
	for range asked.InFlight {
		all.Go(func() {
			for {
				after := left.Add(-int64(asked.Batch))
				count := asked.Batch
				if after < 0 {
					count += int(after)
				}
				if count <= 0 {
					return
				}
				if err := add(count); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-failures:
		return err
	default:
		return nil
	}
}
