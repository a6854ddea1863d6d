package io.carafe.runtime.plan;

import io.carafe.oci.runtime.Seccomp;

/** Turns a profile into a program of classic BPF: the one part of compiling that needs a library. */
@FunctionalInterface
public interface SeccompFilters {

    /**
     * @return {@code struct sock_filter[]} of the machine's byte order
     * @throws io.carafe.base.CarafeException.InvalidArgument if the profile contradicts itself
     * @throws io.carafe.base.CarafeException.FailedPrecondition if the library is missing or too old
     */
    Bytes compile(Seccomp profile);
}
