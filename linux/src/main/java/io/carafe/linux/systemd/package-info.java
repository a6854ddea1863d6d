/** systemd as the owner of cgroups: transient units over D-Bus (org.freedesktop.systemd1(5)), and the state of a service. */
package io.carafe.linux.systemd;
