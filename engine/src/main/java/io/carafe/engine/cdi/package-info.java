/**
 * The Container Device Interface, versions 0.3 to 1.0: vendors describe in files what a container needs for one of their
 * devices, and callers ask for devices by name.
 *
 * <p>A {@link io.carafe.engine.cdi.CdiSpec} is one such file. {@link io.carafe.engine.cdi.CdiDirectories} has the files of a
 * node and finds devices in them; the {@link io.carafe.engine.cdi.ContainerEdits} of a device are made to the
 * {@code config.json} by {@link io.carafe.engine.cdi.Injection}.
 */
package io.carafe.engine.cdi;
