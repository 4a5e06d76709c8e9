# The network of the cluster: one namespace for the control plane, which holds a bridge, and one for each node. None has a way
# out of this machine. Sourced by up.sh.
ip netns add millrace-cp
in_network cp ip link set lo up
in_network cp ip link add bridge type bridge
in_network cp ip addr add "$CONTROL_PLANE/24" dev bridge
in_network cp ip link set bridge up
in_network cp sysctl -qw net.ipv4.ip_forward=1
for i in $NODES; do
  ip netns add "millrace-n$i"
  ip link add "millrace-v$i" type veth peer name eth0 netns "millrace-n$i"
  ip link set "millrace-v$i" netns millrace-cp
  in_network cp ip link set "millrace-v$i" master bridge up
  in_network "n$i" ip link set lo up
  in_network "n$i" ip addr add "$NODE_NETWORK.1$i/24" dev eth0
  in_network "n$i" ip link set eth0 up
  in_network "n$i" ip route add default via "$CONTROL_PLANE"
  in_network "n$i" sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1 net.ipv4.conf.all.route_localnet=1
  for other in $NODES; do
    [ "$i" = "$other" ] || in_network "n$i" ip route add "$PODS.$other.0/24" via "$NODE_NETWORK.1$other"
  done
  in_network cp ip route add "$PODS.$i.0/24" via "$NODE_NETWORK.1$i"
done
in_network cp ip route add "$SERVICES" via "$NODE_NETWORK.11"
