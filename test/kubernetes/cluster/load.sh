#!/usr/bin/env bash
# Gives the nodes the images that images.sh has built of Millrace: `load.sh millrace`, `load.sh released` (the last release), or
# both. Pods that run keep the image that they have.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
load() { for name in $names; do [ ! -e "$IMAGES/$name.tar" ] || import "n$i" "$IMAGES/$name.tar"; done; }
names=${*:-millrace released}
on_each_node load
