// Command network-policies enforces NetworkPolicies on one node, with the controller of kube-router.
//
//	network-policies KUBECONFIG NODE SERVICE-RANGE
package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

func main() {
	if len(os.Args) != 4 {
		klog.Fatal("usage: network-policies KUBECONFIG NODE SERVICE-RANGE")
	}
	kubeconfig, node, services := os.Args[1], os.Args[2], os.Args[3]
	config := options.NewKubeRouterConfig()
	config.Kubeconfig = kubeconfig
	config.HostnameOverride = node
	must(os.Setenv("NODE_NAME", node))
	config.ClusterIPCIDRs = []string{services}
	config.EnableIPv4 = true
	config.RunFirewall = true
	config.IPTablesSyncPeriod = time.Minute

	rest, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	must(err)
	client, err := kubernetes.NewForConfig(rest)
	must(err)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	waitForNode(ctx, client, node)
	run(ctx, client, config)
}

// waitForNode returns when the API server knows the node: the controller asks for its addresses once, when it is made.
func waitForNode(ctx context.Context, client kubernetes.Interface, node string) {
	for ctx.Err() == nil {
		if _, err := client.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{}); err == nil {
			return
		}
		time.Sleep(time.Second)
	}
}

func run(ctx context.Context, client kubernetes.Interface, config *options.KubeRouterConfig) {
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	var lock sync.Mutex
	tables, sets, err := netpol.NewIPTablesHandlers(config)
	must(err)
	controller, err := netpol.NewNetworkPolicyController(client, config, pods, policies, namespaces, &lock, tables, sets)
	must(err)
	_, err = pods.AddEventHandler(controller.PodEventHandler)
	must(err)
	_, err = namespaces.AddEventHandler(controller.NamespaceEventHandler)
	must(err)
	_, err = policies.AddEventHandler(controller.NetworkPolicyEventHandler)
	must(err)

	// Nobody reads its heartbeats here, and it must not block on them.
	beats := make(chan *healthcheck.ControllerHeartbeat, 10)
	go func() {
		for range beats {
		}
	}()
	var running sync.WaitGroup
	running.Add(1)
	go controller.Run(beats, ctx.Done(), &running)
	<-ctx.Done()
	running.Wait()
}

func must(err error) {
	if err != nil {
		klog.Fatal(err)
	}
}
