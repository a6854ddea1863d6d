package io.carafe.engine.cdi;

import io.carafe.base.CarafeException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A file in which a vendor describes devices of one kind (CDI specification, "CDI JSON Specification").
 *
 * @param kind {@code vendor.com/class}
 * @param containerEdits what any of the devices takes
 */
record CdiSpec(
        String cdiVersion,
        String kind,
        Map<String, String> annotations,
        List<Device> devices,
        ContainerEdits containerEdits) {

    /** @throws CarafeException.InvalidArgument if it is not as the specification of its version demands */
    CdiSpec {
        annotations = annotations == null ? Map.of() : Map.copyOf(annotations);
        devices = devices == null ? List.of() : List.copyOf(devices);
        containerEdits = Objects.requireNonNullElse(containerEdits, ContainerEdits.NONE);
        if (cdiVersion == null) {
            throw new CarafeException.InvalidArgument("cdiVersion is missing");
        }
        var version = CdiVersion.parse(cdiVersion);
        if (kind == null || !CdiName.isKind(kind)) {
            throw new CarafeException.InvalidArgument("kind \"" + kind + "\" is not vendor.com/class");
        }
        if (kind.substring(kind.indexOf('/')).contains(".")) {
            version.require(CdiVersion.V0_6_0, "a dot in the class of kind " + kind);
        }
        if (!annotations.isEmpty()
                || devices.stream().anyMatch(device -> !device.annotations().isEmpty())) {
            version.require(CdiVersion.V0_6_0, "an annotation");
        }
        containerEdits.requireKnownTo(version);
        var names = new HashSet<String>();
        for (var device : devices) {
            device.requireKnownTo(version);
            if (!names.add(device.name())) {
                throw new CarafeException.InvalidArgument("device " + device.name() + " is there twice");
            }
        }
    }

    /** One device: its name within the kind, and what it takes. */
    record Device(String name, Map<String, String> annotations, ContainerEdits containerEdits) {
        Device {
            annotations = annotations == null ? Map.of() : Map.copyOf(annotations);
            if (name == null || !CdiName.isDevice(name)) {
                throw new CarafeException.InvalidArgument("\"" + name + "\" is no name of a device");
            }
            if (containerEdits == null || containerEdits.isEmpty()) {
                throw new CarafeException.InvalidArgument("device " + name + " has no containerEdits");
            }
        }

        private void requireKnownTo(CdiVersion version) {
            if (Character.isDigit(name.charAt(0))) {
                version.require(CdiVersion.V0_5_0, "the digit at the start of device " + name);
            }
            containerEdits.requireKnownTo(version);
        }
    }
}
