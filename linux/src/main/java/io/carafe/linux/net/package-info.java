/** Network namespaces and interfaces, asked of the kernel directly. */
package io.carafe.linux.net;
