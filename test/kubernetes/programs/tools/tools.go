//go:build tools

// Package tools names the programs that are built from their own modules, so that go.mod keeps them.
package tools

import _ "helm.sh/helm/v3/cmd/helm"
