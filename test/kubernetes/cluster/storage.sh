# Local volumes of one file system that both nodes see, so that they may be ReadWriteMany. Sourced by up.sh.
VOLUMES=16
volumes() {
  cat <<X
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: local, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: Immediate
X
  for volume in $(seq -w 1 "$VOLUMES"); do
    mkdir -p "$STATE/volumes/$volume"
    cat <<X
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: volume-$volume}
spec:
  capacity: {storage: 20Gi}
  accessModes: [ReadWriteOnce, ReadWriteMany]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: local
  local: {path: $STATE/volumes/$volume}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: Exists}]}]}}
X
  done
}
volumes | kubectl apply -f - >/dev/null
