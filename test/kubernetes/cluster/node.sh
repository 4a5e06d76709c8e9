# One node: containerd, kubelet, kube-proxy and an enforcer of network policies. Sourced by up.sh with the node's number in i.
node=$STATE/n$i
run=$RUN/n$i
mkdir -p "$node/cni" "$node/kubelet" "$node/pods" "$run"
cat >"$node/cni/10-millrace.conflist" <<X
{"cniVersion": "0.4.0", "name": "millrace", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$node/addresses", "ranges": [[{"subnet": "$PODS.$i.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
X
cat >"$node/containerd.toml" <<X
version = 2
root = "$node/containerd"
state = "$run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "$run/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$node/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "millrace.test/pause:1"
  netns_mounts_under_state_dir = true
  disable_apparmor = true
  # Where CAP_SYS_RESOURCE is missing, no process may be made less likely to be killed.
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$node/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
      Root = "$run/runc"
X
cat >"$node/kubelet.yaml" <<X
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_NETWORK.1$i
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $STATE/pki/ca.crt}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /millrace/n$i
failCgroupV1: false
failSwapOn: false
syncFrequency: 5s
containerRuntimeEndpoint: unix://$run/containerd.sock
clusterDNS: [$CONTROL_PLANE]
clusterDomain: cluster.local
resolvConf: ""
podLogsDir: $node/pods
volumePluginDir: $node/volume-plugins
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
X
cat >"$node/proxy.yaml" <<X
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
hostnameOverride: n$i
clusterCIDR: $PODS.0.0/16
clientConnection: {kubeconfig: $STATE/proxy.kubeconfig}
conntrack: {maxPerCore: 0, min: 0}
iptables: {minSyncPeriod: 200ms}
healthzBindAddress: $NODE_NETWORK.1$i:10256
metricsBindAddress: 127.0.0.1:10249
X

for group in $CGROUPS; do
  folder=/sys/fs/cgroup/$group
  [ -d "$folder" ] || continue
  mkdir -p "$folder/millrace/n$i"
  [ "$group" != cpuset ] || for part in millrace "millrace/n$i"; do
    for file in cpuset.cpus cpuset.mems; do cat "$folder/$file" >"$folder/$part/$file"; done
  done
  [ "$group" != memory ] || echo 1 >"$folder/millrace/n$i/memory.use_hierarchy" 2>/dev/null || true
done

# Shims stay in the cgroup of the containerd that starts them, so that down.sh finds them.
start "containerd-n$i" "n$i" sh -c 'echo 0 >"$0" && exec "$@"' /sys/fs/cgroup/pids/millrace/tasks containerd --config "$node/containerd.toml"
wait_for 20 "containerd's start" test -S "$run/containerd.sock"
for archive in "$IMAGES"/*.tar; do
  # load.sh brings the others: the image of Millrace is built meanwhile, and that of the last release is large.
  case $archive in */millrace.tar | */released.tar) ;; *) import "n$i" "$archive" ;; esac
done
start "kubelet-n$i" "n$i" kubelet --config "$node/kubelet.yaml" --kubeconfig "$STATE/n$i.kubeconfig" --hostname-override "n$i" \
  --node-ip "$NODE_NETWORK.1$i" --root-dir "$node/kubelet" --cert-dir "$node/kubelet-pki"
start "proxy-n$i" "n$i" kube-proxy --config "$node/proxy.yaml"
start "network-policies-n$i" "n$i" network-policies "$STATE/admin.kubeconfig" "n$i" "$SERVICES"
