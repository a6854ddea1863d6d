//go:build tools

// Package runsc pins gVisor; it holds no code of its own.
package runsc

import _ "gvisor.dev/gvisor/runsc"
