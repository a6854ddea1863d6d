#!/usr/bin/env bash
# usage: scripts/cni.sh DIR BRIDGE NUMBER
#
# Writes a CNI configuration of its own into DIR: bridge, portmap and host-local on 10.NUMBER.0.0/16 and fd00:NUMBER::/64,
# leases under DIR. Nothing on the host uses that bridge, so whoever wrote it may delete it.
set -eu
[ $# = 3 ] || { echo "usage: cni.sh DIR BRIDGE NUMBER" >&2; exit 2; }
mkdir -p "$1"
cat >"$1/10-carafe.conflist" <<END
{
  "cniVersion": "1.0.0",
  "name": "$2",
  "plugins": [
    {
      "type": "bridge", "bridge": "$2", "isGateway": true, "ipMasq": true, "hairpinMode": true,
      "ipam": {
        "type": "host-local", "dataDir": "$1/leases",
        "ranges": [[{"subnet": "10.$3.0.0/16"}], [{"subnet": "fd00:$3::/64"}]],
        "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}
  ]
}
END
