package iacsample

const statefulSet = `
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: @name
  namespace: @team
spec:
  serviceName: @name
  replicas: 2
  selector:
    matchLabels: {app: @name}
  template:
    metadata:
      labels: {app: @name}
    spec:
      hostNetwork: @yes
      securityContext:
        fsGroup: @user
      containers:
        - name: store
          image: postgres:16
          securityContext:
            privileged: @no
          volumeMounts:
            - {name: data, mountPath: /var/lib/postgresql/data}
@sidecars  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        resources: {requests: {storage: 10Gi}}
`

const cronJob = `
apiVersion: batch/v1
kind: CronJob
metadata:
  name: @name
  namespace: @team
spec:
  schedule: "*/15 * * * *"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 2
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: run
              image: registry.shop.example/@name:@tag
              args: [run, --once]
          volumes:
            - name: host
              hostPath: {path: /var/log}
`

const serviceDoc = `
apiVersion: v1
kind: Service
metadata:
  name: @name
  namespace: @team
spec:
  selector: {app.kubernetes.io/name: @name}
  ports:
    - {name: http, port: 80, targetPort: http}
`

const role = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: @name
  namespace: @team
rules:
  - apiGroups: [""]
    resources: [@resource]
    verbs: [@verb]
  - apiGroups: [apps]
    resources: [deployments, statefulsets]
    verbs: [get, list, watch]
`

const binding = `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: @name
  namespace: @team
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - kind: ServiceAccount
    name: @name
    namespace: @team
`

const account = `
apiVersion: v1
kind: ServiceAccount
metadata:
  name: @name
  namespace: @team
`

const budget = `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: @name
  namespace: @team
spec:
  minAvailable: 1
  selector:
    matchLabels: {app.kubernetes.io/name: @name}
`

const configMap = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: @name
  namespace: @team
data:
  REGION: eu-central-1
  CURRENCY: EUR
  settings.toml: |
    [http]
    listen = ":@port"
    [features]
    search = @yes
`

const networkPolicy = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: @name
  namespace: @team
spec:
  podSelector:
    matchLabels: {app.kubernetes.io/name: @name}
  policyTypes: [Ingress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels: {team: @team}
`

const ingress = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: @name
  namespace: @team
spec:
  ingressClassName: nginx
  tls:
    - hosts: [@name.shop.example]
      secretName: @name-tls
  rules:
    - host: @name.shop.example
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: @name
                port: {name: http}
`
