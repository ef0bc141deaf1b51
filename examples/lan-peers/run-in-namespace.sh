#!/bin/sh
# Runs the example in a network namespace of its own, so that no multicast leaves the machine. Exits with 77 where that is not permitted.
set -eu
cd "$(dirname "$0")"

if [ "${1:-}" != inside ]; then
  if ! command -v ip >/dev/null; then
    echo 'the ip command (iproute2) is missing' >&2
    exit 77
  fi

  if ! reason=$(unshare --map-root-user --net true 2>&1); then
    echo "network namespaces are not permitted here: $reason" >&2
    exit 77
  fi

  exec unshare --map-root-user --net ./run-in-namespace.sh inside
fi

# a namespace begins with a loopback that is down and carries no multicast
ip link set lo up
ip link set lo multicast on
ip route add 224.0.0.0/4 dev lo

exec "${NODE:-node}" main.ts
