//go:build tools

// Package runtimetools pins the validation programs of the runtime specification, which are run against carafe-oci.
package runtimetools

import (
	_ "github.com/opencontainers/runtime-tools/cmd/runtimetest"
	_ "github.com/opencontainers/runtime-tools/validation/util"
)
