# etcd, API server, controllers, scheduler and name service. Sourced by up.sh.
pki=$STATE/pki
start etcd cp etcd --data-dir "$STATE/etcd" --unsafe-no-fsync \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
  --initial-cluster default=http://127.0.0.1:2380
start apiserver cp kube-apiserver --etcd-servers http://127.0.0.1:2379 --advertise-address "$CONTROL_PLANE" --secure-port 6443 \
  --service-cluster-ip-range "$SERVICES" --authorization-mode Node,RBAC --client-ca-file "$pki/ca.crt" \
  --enable-admission-plugins NodeRestriction --allow-privileged --profiling=false \
  --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" \
  --kubelet-client-certificate "$pki/kubelet-client.crt" --kubelet-client-key "$pki/kubelet-client.key" \
  --kubelet-preferred-address-types InternalIP \
  --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$pki/service-accounts.pub" \
  --service-account-signing-key-file "$pki/service-accounts.key" \
  --requestheader-client-ca-file "$pki/ca.crt" --requestheader-allowed-names front-proxy \
  --requestheader-username-headers X-Remote-User --requestheader-group-headers X-Remote-Group \
  --requestheader-extra-headers-prefix X-Remote-Extra- --enable-aggregator-routing \
  --proxy-client-cert-file "$pki/front-proxy.crt" --proxy-client-key-file "$pki/front-proxy.key"
wait_for 120 "the API server's start" kubectl get --raw /readyz

# as NAME: the flags by which a program authenticates itself and those who ask it.
as() { echo --kubeconfig "$STATE/$1.kubeconfig" --authentication-kubeconfig "$STATE/$1.kubeconfig" --authorization-kubeconfig "$STATE/$1.kubeconfig"; }
# shellcheck disable=SC2046
start controller-manager cp kube-controller-manager $(as controller-manager) --leader-elect=false --allocate-node-cidrs=false \
  --service-account-private-key-file "$pki/service-accounts.key" --root-ca-file "$pki/ca.crt" --use-service-account-credentials \
  --node-monitor-grace-period 20s --horizontal-pod-autoscaler-sync-period 10s --horizontal-pod-autoscaler-downscale-stabilization 60s
# shellcheck disable=SC2046
start scheduler cp kube-scheduler $(as scheduler) --leader-elect=false
# The time to live and the cache are those of kubeadm's clusters.
cat >"$STATE/Corefile" <<X
.:53 {
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $STATE/admin.kubeconfig millrace
    ttl 30
  }
  cache 30
}
X
start coredns cp coredns -conf "$STATE/Corefile"
