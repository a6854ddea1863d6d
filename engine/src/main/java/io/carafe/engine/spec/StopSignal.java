package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.linux.process.Signal;
import io.carafe.oci.image.ImageConfig;

/** The signal that asks a container to end: the request's, else the image's, else SIGTERM. */
final class StopSignal {

    private StopSignal() {}

    /** A signal of the image that does not exist is passed over, as the peers do; one of the request is an error. */
    static Signal of(ContainerConfig container, ImageConfig.Execution image) {
        if (!container.stopSignal().isEmpty()) {
            return Signal.parse(container.stopSignal());
        }
        if (image.stopSignal() == null) {
            return Signal.TERM;
        }
        try {
            return Signal.parse(image.stopSignal());
        } catch (CarafeException.InvalidArgument e) {
            return Signal.TERM;
        }
    }
}
