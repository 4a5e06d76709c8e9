#!/usr/bin/env bash
# Starts a real Kubernetes of two nodes on this machine as plain processes: etcd, API server, controllers, scheduler, CoreDNS;
# and for each node containerd, kubelet, kube-proxy and an enforcer of network policies. Needs root, the programs of build.sh,
# the images of images.sh, and containerd, runc, containernetworking-plugins, iptables, ipset, conntrack, socat, iproute2.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
[ ! -e "$STATE/mounts.pid" ] || fail "it is up, or not quite down: run down.sh first"
mkdir -p "$STATE"/{pki,logs,pids} "$RUN"

# All mounts of the cluster are in this namespace, and go with it.
setsid unshare --mount --propagation slave sh -c 'mount --make-rshared / && exec sleep infinity' >/dev/null 2>&1 </dev/null &
echo $! >"$STATE/mounts.pid"
own_mounts() { [ "$(readlink "/proc/$(cat "$STATE/mounts.pid")/ns/mnt")" != "$(readlink /proc/$$/ns/mnt)" ]; }
wait_for 10 "a mount namespace" own_mounts

. "$HERE/network.sh"
. "$HERE/certificates.sh"
. "$HERE/control-plane.sh"
node() { . "$HERE/node.sh"; }
on_each_node node
ready() { kubectl get node "n$1" | grep -q " Ready"; }
for i in $NODES; do wait_for 180 "node n$i ready" ready "$i"; done
. "$HERE/storage.sh"
say "up; kubectl: nsenter --net=/run/netns/millrace-cp $PROGRAMS/kubectl --kubeconfig $KUBECONFIG"
