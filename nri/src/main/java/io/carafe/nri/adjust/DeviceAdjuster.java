package io.carafe.nri.adjust;

import io.carafe.base.CarafeException;
import io.carafe.nri.adjust.Owners.Claims;
import io.carafe.nri.api.Field;
import io.carafe.nri.api.LinuxDevice;
import io.carafe.oci.runtime.Linux;
import io.carafe.oci.runtime.LinuxResources;
import io.carafe.oci.runtime.LinuxResources.DeviceRule;
import java.util.List;
import java.util.Map;

/** Adjusts the device nodes of a container, and lets it use those that are added. */
record DeviceAdjuster(SpecDraft draft, Claims claims) {

    void adjust(List<LinuxDevice> devices) {
        var change = Removal.of(devices, LinuxDevice::getPath);
        for (var path : change.removed()) {
            claims.takeOver(Field.Devices, path);
            draft.devices.removeIf(device -> device.path().equals(path));
        }
        for (var device : change.added()) {
            if (!device.getPath().startsWith("/")) {
                throw new CarafeException.InvalidArgument(
                        "device \"" + device.getPath() + "\": the path must be absolute");
            }
            claims.claim(Field.Devices, device.getPath());
            draft.devices.removeIf(other -> other.path().equals(device.getPath()));
            draft.devices.add(node(device));
            allow(device);
        }
    }

    private static Linux.Device node(LinuxDevice device) {
        var type = switch (device.getType()) {
            case "c" -> Linux.Device.Type.CHARACTER;
            case "u" -> Linux.Device.Type.UNBUFFERED;
            case "b" -> Linux.Device.Type.BLOCK;
            case "p" -> Linux.Device.Type.FIFO;
            default ->
                throw new CarafeException.InvalidArgument(
                        "device " + device.getPath() + " of type \"" + device.getType() + "\": must be c, u, b or p");
        };
        boolean numbered = type != Linux.Device.Type.FIFO;
        return new Linux.Device(
                type,
                device.getPath(),
                numbered ? device.getMajor() : null,
                numbered ? device.getMinor() : null,
                device.hasFileMode()
                        ? Integer.toUnsignedLong(device.getFileMode().getValue())
                        : null,
                device.hasUid() ? Integer.toUnsignedLong(device.getUid().getValue()) : null,
                device.hasGid() ? Integer.toUnsignedLong(device.getGid().getValue()) : null);
    }

    private void allow(LinuxDevice device) {
        if (device.getType().equals("p")) {
            return; // a FIFO is no device to the controller
        }
        boolean block = device.getType().equals("b");
        var rule = new DeviceRule(
                true,
                block ? DeviceRule.Type.BLOCK : DeviceRule.Type.CHARACTER,
                device.getMajor(),
                device.getMinor(),
                block ? "rwm" : "rw");
        draft.resources = ResourceOverlay.of(
                draft.resources,
                new LinuxResources(List.of(rule), null, null, null, null, List.of(), null, Map.of(), Map.of()));
    }
}
