/** System call filters: libseccomp through FFM. */
package io.carafe.linux.seccomp;
