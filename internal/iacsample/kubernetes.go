package iacsample

import (
	"fmt"
	"strings"
)

// manifests is how many documents Kubernetes170 writes.
const manifests = 170

// Kubernetes170 writes 170 Kubernetes documents to dir, which must be absent
// or empty: the services of a company, each in a namespace of its team, in
// files of one to five documents.
func Kubernetes170(dir string) error { return kubernetes170().write(dir) }

func kubernetes170() tree {
	t := tree{}
	var docs []string
	for i := range manifests {
		docs = append(docs, document(i))
	}
	for file, i := 0, 0; i < len(docs); file++ {
		n := min(1+file%5, len(docs)-i)
		t.add(fmt.Sprintf("%s/%s-%02d.yaml", team(file), service(file), file), strings.Join(docs[i:i+n], "---\n"))
		i += n
	}
	return t
}

func team(i int) string {
	return []string{"checkout", "catalogue", "accounts", "platform", "search"}[i%5]
}

func service(i int) string {
	return []string{"api", "web", "worker", "gateway", "reports", "mailer", "importer"}[i%7]
}

// document is the i-th document. Every third is a workload, as those are what
// most checks are about.
func document(i int) string {
	kinds := []string{deployment, serviceDoc, role, deployment, configMap, ingress, statefulSet, networkPolicy, binding, cronJob, account, budget}
	text := strings.TrimPrefix(kinds[i%len(kinds)], "\n")
	return strings.NewReplacer(
		"@name", fmt.Sprintf("%s-%d", service(i), i),
		"@team", team(i),
		"@tag", []string{"1.8.2", "latest", "2.0.0-rc1"}[i%3],
		"@user", fmt.Sprint([]int{0, 1000, 20000}[i%3]),
		"@yes", fmt.Sprint(i%2 == 0),
		"@no", fmt.Sprint(i%2 == 1),
		"@verb", []string{"get", "list", "\"*\"", "create"}[i%4],
		"@resource", []string{"secrets", "pods", "configmaps", "deployments", "pods/exec"}[i%5],
		"@sidecars", sidecars(i),
		"@port", fmt.Sprint(8000+i),
	).Replace(text)
}

// sidecars are up to three containers beside the first.
func sidecars(i int) string {
	var b strings.Builder
	for n := range i % 4 {
		fmt.Fprintf(&b, `        - name: sidecar-%d
          image: registry.shop.example/sidecar-%d:%d.0
          args: [--listen, ":%d"]
          ports:
            - containerPort: %d
          resources:
            requests: {cpu: 10m, memory: 32Mi}
            limits: {memory: %dMi}
          securityContext:
            readOnlyRootFilesystem: %t
            capabilities:
              add: [%s]
`, n, n, n+1, 9100+n, 9100+n, 64*(n+1), n%2 == 0, []string{"NET_BIND_SERVICE", "NET_ADMIN", "SYS_PTRACE"}[n])
	}
	return b.String()
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: @name
  namespace: @team
  labels:
    app.kubernetes.io/name: @name
    app.kubernetes.io/part-of: @team
spec:
  replicas: 3
  strategy:
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  selector:
    matchLabels:
      app.kubernetes.io/name: @name
  template:
    metadata:
      labels:
        app.kubernetes.io/name: @name
      annotations:
        prometheus.io/scrape: "true"
    spec:
      serviceAccountName: @name
      automountServiceAccountToken: @yes
      initContainers:
        - name: migrate
          image: registry.shop.example/@name:@tag
          command: ["/bin/app", "migrate", "--wait"]
      containers:
        - name: app
          image: registry.shop.example/@name:@tag
          ports:
            - name: http
              containerPort: @port
          env:
            - name: LOG_LEVEL
              value: info
            - name: POD
              valueFrom:
                fieldRef: {fieldPath: metadata.name}
            - name: DATABASE
              valueFrom:
                secretKeyRef: {name: @name, key: url}
          envFrom:
            - configMapRef: {name: @name}
          readinessProbe:
            httpGet: {path: /ready, port: http}
          livenessProbe:
            httpGet: {path: /live, port: http}
            periodSeconds: 20
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits: {cpu: "1", memory: 512Mi}
          securityContext:
            runAsNonRoot: @no
            runAsUser: @user
            allowPrivilegeEscalation: @yes
            capabilities:
              drop: [ALL]
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
@sidecars      volumes:
        - name: tmp
          emptyDir: {}
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels: {app.kubernetes.io/name: @name}
`
