# What every script of the cluster needs. It is sourced.
#
# All files are below $CLUSTER_HOME. Nothing else is written but network namespaces millrace-*, cgroups below /millrace and
# sockets below /run/millrace-cluster. The programs live in the cluster's own mount and network namespaces, so nothing meets
# the network, the firewall or the ports of this machine.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPOSITORY=$(cd "$HERE/../../.." && pwd)
CLUSTER_HOME=${CLUSTER_HOME:-$REPOSITORY/.cluster}
PROGRAMS=$CLUSTER_HOME/programs
IMAGES=$CLUSTER_HOME/images
STATE=$CLUSTER_HOME/state
RUN=/run/millrace-cluster
NODES="1 2"
# Addresses: the nodes are .11 and .12, and the control plane is .1. Pods of node N are in $PODS.N.0/24.
NODE_NETWORK=172.30.0
CONTROL_PLANE=$NODE_NETWORK.1
PODS=10.244
SERVICES=10.96.0.0/16
CGROUPS="cpu cpuacct cpuset memory devices freezer blkio pids systemd"
PATH=$PROGRAMS:$PATH
export KUBECONFIG=$STATE/admin.kubeconfig

say() { echo "cluster: $*" >&2; }
fail() { say "$*"; exit 1; }

# in_network NAME COMMAND…: in the network of cp (the control plane), n1 or n2.
in_network() { nsenter --net="/run/netns/millrace-$1" -- "${@:2}"; }

# in_cluster NAME COMMAND…: in the cluster's mounts too.
in_cluster() { nsenter --mount="/proc/$(cat "$STATE/mounts.pid")/ns/mnt" --net="/run/netns/millrace-$1" -- "${@:2}"; }

# start NAME NETWORK COMMAND…: a program of the cluster in the background, with a log and a file with its id.
start() {
  local name=$1 network=$2
  shift 2
  setsid nsenter --mount="/proc/$(cat "$STATE/mounts.pid")/ns/mnt" --net="/run/netns/millrace-$network" -- "$@" \
    >"$STATE/logs/$name.log" 2>&1 </dev/null &
  echo $! >"$STATE/pids/$name"
}

# import NODE ARCHIVE: gives an image to the containerd of a node.
import() { in_cluster "$1" ctr --address "$RUN/$1/containerd.sock" --namespace k8s.io images import "$2" >/dev/null; }

# on_each_node COMMAND…: with the number of the node in i, on all of them at once.
on_each_node() {
  local i pids=()
  for i in $NODES; do ("$@") & pids+=($!); done
  for i in "${pids[@]}"; do wait "$i"; done
}

# wait_for SECONDS WHAT COMMAND…: until the command succeeds.
wait_for() {
  local seconds=$1 what=$2
  shift 2
  for _ in $(seq "$((seconds * 5))"); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done
  fail "$what did not happen within $seconds s; the logs are in $STATE/logs"
}

kubectl() { in_network cp "$PROGRAMS/kubectl" "$@"; }
