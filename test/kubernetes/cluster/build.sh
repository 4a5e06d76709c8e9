#!/usr/bin/env bash
# Builds the programs of the cluster from the Go module proxy into $CLUSTER_HOME/programs: Kubernetes 1.34.4 with etcd 3.6.4 in
# one binary, CoreDNS 1.14.7, an enforcer of network policies (kube-router 2.1.0), helm 3.19.5, and KEDA of the version that
# test/keda names. Needs Go 1.26 or newer, about 40 minutes of CPU and 10 GB for modules and the build cache. Programs that are
# there are not built again.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
command -v go >/dev/null || fail "Go is needed to build the cluster's programs: install it, or put it on PATH"
mkdir -p "$PROGRAMS"
export CGO_ENABLED=0
KUBERNETES=1.34.4
HELM=3.19.5

# build MODULE PACKAGE OUTPUT [LINKER FLAGS [TAGS]]
build() {
  [ ! -x "$PROGRAMS/$3" ] || return 0
  say "building $3"
  (cd "$HERE/../programs/$1" && go build -trimpath -tags "${5:-}" -ldflags "-s -w ${4:-}" -o "$PROGRAMS/$3" "$2")
}

# `set VERSION-PACKAGE VARIABLE=VALUE…` as flags of the linker.
set_in() { local package=$1; shift; printf -- "-X $package.%s " "$@"; }

version=(gitVersion=v$KUBERNETES gitMajor=1 gitMinor=34 gitTreeState=clean)
build kube . kube "$(set_in k8s.io/component-base/version "${version[@]}") $(set_in k8s.io/client-go/pkg/version "${version[@]}")" \
  providerless,selinux_none
build tools ./network-policies network-policies
build tools ./coredns coredns
# Without these, `helm template` takes the cluster to be Kubernetes 1.20.
build tools helm.sh/helm/v3/cmd/helm helm "$(set_in helm.sh/helm/v3/internal/version version=v$HELM) \
  $(set_in helm.sh/helm/v3/pkg/chartutil k8sVersionMajor=1 k8sVersionMinor=34)"
for name in etcd kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl; do
  ln -sf kube "$PROGRAMS/$name"
done

# KEDA's module replaces others, which works only where it is the main one. So its source is copied out of the module cache.
keda() {
  [ ! -e "$PROGRAMS/keda.yaml" ] || return 0
  local source program folder=$CLUSTER_HOME/sources/keda
  source=$(cd "$REPOSITORY/test/keda" && go mod download && go list -m -f '{{.Dir}}' github.com/kedacore/keda/v2)
  rm -rf "$folder" && mkdir -p "$(dirname "$folder")" && cp -r "$source" "$folder" && chmod -R u+w "$folder"
  for program in operator adapter; do
    say "building KEDA's $program"
    (cd "$folder" && go build -mod=mod -trimpath -ldflags "-s -w" -o "$PROGRAMS/keda-$program" "./cmd/$program")
  done
  "$PROGRAMS/kubectl" kustomize "$folder/config/default" >"$folder/keda.yaml" && mv "$folder/keda.yaml" "$PROGRAMS/keda.yaml"
}
keda
