/**
 * The part of D-Bus that it takes to call a service of the system bus (D-Bus specification 0.43): one connection for each
 * use, no thread, no proxy. What the bus sends is bounded before it is believed.
 */
package io.carafe.linux.dbus;
