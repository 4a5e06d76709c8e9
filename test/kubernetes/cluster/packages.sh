#!/usr/bin/env bash
# Installs what the cluster needs from Debian, as far as it is missing.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
[ "$(id -u)" = 0 ] || fail "run this as root: it makes network namespaces, mounts and cgroups"
packages=(containerd runc containernetworking-plugins iptables ipset conntrack socat iproute2 openssl buildah mmdebstrap gcc libc6-dev)
missing=()
for package in "${packages[@]}"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
[ ${#missing[@]} -gt 0 ] || exit 0
say "installing ${missing[*]}"
apt-get update -qq || true
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
