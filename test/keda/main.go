// Asks a scheduler as KEDA does, with the code that KEDA generates from its contract: prints the metric and whether there is work.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/kedacore/keda/v2/pkg/scalers/externalscaler"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

type answer struct {
	Metric string
	Target float64
	Value  float64
	Active bool
	Stream bool
}

func ask(address string, metadata map[string]string) (*answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	client := externalscaler.NewExternalScalerClient(connection)
	object := &externalscaler.ScaledObjectRef{Name: "workers", Namespace: "default", ScalerMetadata: metadata}
	specs, err := client.GetMetricSpec(ctx, object)
	if err != nil {
		return nil, err
	}
	spec := specs.MetricSpecs[0]
	request := &externalscaler.GetMetricsRequest{ScaledObjectRef: object, MetricName: spec.MetricName}
	metrics, err := client.GetMetrics(ctx, request)
	if err != nil {
		return nil, err
	}
	active, err := client.IsActive(ctx, object)
	if err != nil {
		return nil, err
	}
	stream, err := client.StreamIsActive(ctx, object)
	if err != nil {
		return nil, err
	}
	first, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	return &answer{spec.MetricName, spec.TargetSizeFloat, metrics.MetricValues[0].MetricValueFloat, active.Result, first.Result}, nil
}

func main() {
	metadata := map[string]string{}
	err := json.Unmarshal([]byte(os.Args[2]), &metadata)
	var got *answer
	if err == nil {
		got, err = ask(os.Args[1], metadata)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(got)
}
