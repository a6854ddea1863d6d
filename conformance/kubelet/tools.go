//go:build tools

// Package kubelet pins Kubernetes; it holds no code of its own.
package kubelet

import _ "k8s.io/kubernetes/cmd/kubelet"
