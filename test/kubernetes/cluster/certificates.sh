# The cluster's authority, the certificates of its programs, and a kubeconfig for each. Sourced by up.sh.
authority=$STATE/pki/ca

# certificate NAME SUBJECT [NAMES]
certificate() {
  local file=$STATE/pki/$1
  openssl req -newkey rsa:2048 -nodes -subj "$2" -keyout "$file.key" -out "$file.csr" 2>/dev/null
  openssl x509 -req -in "$file.csr" -CA "$authority.crt" -CAkey "$authority.key" -CAcreateserial -days 30 -out "$file.crt" \
    -extfile <(
      echo "extendedKeyUsage=serverAuth,clientAuth"
      [ -z "${3:-}" ] || echo "subjectAltName=$3"
    ) 2>/dev/null
}

kubeconfig() {
  cat >"$STATE/$1.kubeconfig" <<X
apiVersion: v1
kind: Config
clusters: [{name: millrace, cluster: {server: "https://$CONTROL_PLANE:6443", certificate-authority: $authority.crt}}]
users: [{name: user, user: {client-certificate: $STATE/pki/$1.crt, client-key: $STATE/pki/$1.key}}]
contexts: [{name: millrace, context: {cluster: millrace, user: user}}]
current-context: millrace
X
}

openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=millrace-cluster -keyout "$authority.key" -out "$authority.crt" 2>/dev/null
certificate apiserver /CN=kube-apiserver \
  "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1,IP:$CONTROL_PLANE,IP:${SERVICES%.0.0/*}.0.1"
certificate kubelet-client /O=system:masters/CN=apiserver-kubelet-client
certificate front-proxy /CN=front-proxy
certificate admin /O=system:masters/CN=admin
certificate controller-manager /CN=system:kube-controller-manager
certificate scheduler /CN=system:kube-scheduler
certificate proxy /CN=system:kube-proxy
for name in admin controller-manager scheduler proxy; do kubeconfig $name; done
for i in $NODES; do
  certificate "n$i" "/O=system:nodes/CN=system:node:n$i"
  kubeconfig "n$i"
done
openssl genrsa -out "$STATE/pki/service-accounts.key" 2048 2>/dev/null
openssl rsa -in "$STATE/pki/service-accounts.key" -pubout -out "$STATE/pki/service-accounts.pub" 2>/dev/null
