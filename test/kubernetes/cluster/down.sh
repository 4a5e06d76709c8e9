#!/usr/bin/env bash
# Ends the cluster, and removes all that it was but its programs and images. Logs are kept in $CLUSTER_HOME/logs.
. "$(dirname "$0")/environment.sh"
[ -d "$STATE" ] || exit 0

# stop NAME…: ends programs of the cluster by the ids that `start` wrote, and waits for them.
stop() {
  local ids=() name id
  for name; do [ ! -e "$STATE/pids/$name" ] || ids+=("$(cat "$STATE/pids/$name")"); done
  [ ${#ids[@]} -gt 0 ] || return 0
  kill "${ids[@]}" 2>/dev/null
  for id in "${ids[@]}"; do for _ in $(seq 50); do [ -d "/proc/$id" ] || break; sleep 0.1; done; done
  kill -9 "${ids[@]}" 2>/dev/null
}

for i in $NODES; do stop "kubelet-n$i" "network-policies-n$i" "proxy-n$i" "containerd-n$i"; done
# Pods and their shims are in the cgroups of the cluster.
processes() { find /sys/fs/cgroup/pids/millrace -name tasks -exec cat {} + 2>/dev/null; }
for _ in $(seq 50); do
  left=$(processes)
  [ -n "$left" ] || break
  # shellcheck disable=SC2086
  kill -9 $left 2>/dev/null
  sleep 0.2
done
stop coredns scheduler controller-manager apiserver etcd
[ ! -e "$STATE/mounts.pid" ] || kill "$(cat "$STATE/mounts.pid")" 2>/dev/null
for name in cp n1 n2; do ip netns del "millrace-$name" 2>/dev/null; done
sleep 0.5
for group in $CGROUPS; do
  find "/sys/fs/cgroup/$group/millrace" -depth -type d -exec rmdir {} \; 2>/dev/null
done
rm -rf "$CLUSTER_HOME/logs"
mv "$STATE/logs" "$CLUSTER_HOME/logs"
rm -rf "$RUN" "$STATE"
say "down"
