package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ContainerConfig;
import io.carafe.linux.fs.DeviceFile;
import io.carafe.oci.runtime.Linux.Device;
import io.carafe.oci.runtime.LinuxResources.DeviceRule;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Device nodes of a container and the rules that say which devices it may use. A host path may be a directory, which stands
 * for every device in it. The nodes that every container has ({@code /dev/null} and its like) are made by the runtime.
 */
final class DeviceList {

    /** More than a node's {@code /dev} has; a bound for a directory that somebody filled. */
    private static final int MOST = 10_000;

    /** Directories of {@code /dev} that hold no devices for others. */
    private static final Set<String> NOT_DEVICES = Set.of("pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev");

    private final Map<String, Device> nodes = new LinkedHashMap<>();
    private final List<DeviceRule> rules = new ArrayList<>();

    private DeviceList() {}

    static DeviceList of(ContainerConfig container) {
        var list = new DeviceList();
        if (Security.of(container).privileged()) {
            list.walk(Path.of("/dev"), "/dev", "");
            list.rules.clear();
            list.rules.add(new DeviceRule(true, null, null, null, "rwm"));
        } else {
            list.addDefaultRules();
        }
        for (var device : container.devices()) {
            list.add(device);
        }
        return list;
    }

    List<Device> nodes() {
        return List.copyOf(nodes.values());
    }

    List<DeviceRule> rules() {
        return List.copyOf(rules);
    }

    /** Nothing; but every node may be made, and the pseudo devices of every container be used. */
    private void addDefaultRules() {
        rules.add(new DeviceRule(false, null, null, null, "rwm"));
        rules.add(new DeviceRule(true, DeviceRule.Type.CHARACTER, null, null, "m"));
        rules.add(new DeviceRule(true, DeviceRule.Type.BLOCK, null, null, "m"));
        for (long minor : new long[] {3, 5, 7, 8, 9}) { // null, zero, full, random, urandom
            rules.add(new DeviceRule(true, DeviceRule.Type.CHARACTER, 1L, minor, "rwm"));
        }
        for (long minor : new long[] {0, 1, 2}) { // tty, console, ptmx
            rules.add(new DeviceRule(true, DeviceRule.Type.CHARACTER, 5L, minor, "rwm"));
        }
        rules.add(new DeviceRule(true, DeviceRule.Type.CHARACTER, 136L, null, "rwm")); // pts
    }

    private void add(ContainerConfig.Device device) {
        if (!device.permissions().matches("[rwm]{0,3}")) {
            throw new CarafeException.InvalidArgument("device " + device.hostPath() + ": permissions \""
                    + device.permissions() + "\" are not some of r, w and m");
        }
        if (!device.hostPath().startsWith("/")) {
            throw new CarafeException.InvalidArgument("device path \"" + device.hostPath() + "\" is not absolute");
        }
        var permissions = device.permissions().isEmpty() ? "rwm" : device.permissions();
        var inside = device.containerPath().isEmpty() ? device.hostPath() : device.containerPath();
        if (!inside.startsWith("/")) {
            throw new CarafeException.InvalidArgument(
                    "device path \"" + inside + "\" in the container is not absolute");
        }
        var path = real(device.hostPath());
        if (Files.isDirectory(path)) {
            walk(path, inside, permissions);
        } else if (!addNode(path, inside, permissions)) {
            throw new CarafeException.InvalidArgument(device.hostPath() + " is not a device");
        }
    }

    private static Path real(String path) {
        try {
            return Path.of(path).toRealPath();
        } catch (NoSuchFileException e) {
            throw new CarafeException.InvalidArgument("device " + path + " does not exist on this node", e);
        } catch (IOException e) {
            throw new CarafeException.InvalidArgument("device " + path + " cannot be used: " + e, e);
        }
    }

    private void walk(Path directory, String inside, String permissions) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (var entry : entries) {
                var name = entry.getFileName().toString();
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    if (!NOT_DEVICES.contains(name)) {
                        walk(entry, inside + "/" + name, permissions);
                    }
                } else if (!entry.toString().equals("/dev/console")) {
                    addNode(entry, inside + "/" + name, permissions);
                }
            }
        } catch (IOException e) {
            throw new CarafeException.Internal("read devices of " + directory + ": " + e.getMessage(), e);
        }
    }

    /** False if {@code path} is no device or vanished meanwhile. */
    private boolean addNode(Path path, String inside, String permissions) {
        if (nodes.size() >= MOST) {
            throw new CarafeException.ResourceExhausted("more than " + MOST + " devices for one container");
        }
        var found = DeviceFile.at(path);
        if (found.isEmpty()) {
            return false;
        }
        var device = found.get();
        nodes.put(
                inside,
                new Device(
                        device.block() ? Device.Type.BLOCK : Device.Type.CHARACTER,
                        inside,
                        device.major(),
                        device.minor(),
                        (long) device.permissions(),
                        device.uid(),
                        device.gid()));
        var type = device.block() ? DeviceRule.Type.BLOCK : DeviceRule.Type.CHARACTER;
        rules.add(new DeviceRule(true, type, device.major(), device.minor(), permissions));
        return true;
    }
}
