/**
 * From what a caller asks of a container to the {@code config.json} that an OCI runtime is given.
 *
 * <p>{@link io.carafe.engine.spec.SpecGenerator} puts the document together; every other class here owns one part of it:
 * command line, environment, user, capabilities, mounts, devices, namespaces, seccomp, limits, sysctls. They depend on
 * the request and on {@link io.carafe.engine.spec.HostFacts} only, so that most is tested without root. A field that is
 * accepted is honoured, and what cannot be honoured here is an error that says why.
 */
package io.carafe.engine.spec;
