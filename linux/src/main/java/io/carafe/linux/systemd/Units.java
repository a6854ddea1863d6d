package io.carafe.linux.systemd;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.linux.dbus.Body;
import io.carafe.linux.dbus.Body.Property;
import io.carafe.linux.dbus.Bus;
import io.carafe.linux.dbus.BusErrorException;
import io.carafe.linux.dbus.Reader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/**
 * Slices and scopes of the systemd that runs this machine. A start or stop is done when systemd says that its job is
 * removed, and every method is: done already is done.
 */
public final class Units {

    private static final String SYSTEMD = "org.freedesktop.systemd1";
    private static final String OBJECT = "/org/freedesktop/systemd1";
    private static final String MANAGER = SYSTEMD + ".Manager";
    private static final String JOBS =
            "type='signal',sender='" + SYSTEMD + "',interface='" + MANAGER + "',member='JobRemoved'";

    /** There if systemd is the first process of this machine (sd_booted(3)). */
    private static final Path BOOTED = Path.of("/run/systemd/system");

    private final Path bus;

    public Units() {
        this(Bus.SYSTEM);
    }

    Units(Path bus) {
        this.bus = bus;
    }

    /** Whether systemd runs this machine. */
    public static boolean booted() {
        return Files.isDirectory(BOOTED, LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Makes a unit that lives until it is stopped or the machine is, and waits until it is there.
     *
     * @param name with its type, {@code .scope} or {@code .slice}
     */
    public void startTransient(String name, List<Property> properties, Deadline deadline) {
        run("start unit " + name, deadline, connection -> {
            listen(connection);
            var body = Body.of(name, "fail").properties(properties).none("(sa(sv))");
            try {
                await(connection, name, connection.call(SYSTEMD, OBJECT, MANAGER, "StartTransientUnit", body));
            } catch (BusErrorException e) {
                if (!e.name().equals(SYSTEMD + ".UnitExists")) {
                    throw e;
                }
            }
        });
    }

    /** Changes properties until the next boot. */
    public void set(String name, List<Property> properties, Deadline deadline) {
        run("set properties of unit " + name, deadline, connection -> {
            var body = new Body().text(name).bool(true).properties(properties);
            connection.call(SYSTEMD, OBJECT, MANAGER, "SetUnitProperties", body);
        });
    }

    /**
     * Stops units, kills what is in them, and lets systemd forget those that have failed. One that is not there is stopped.
     */
    public void stop(List<String> names, Deadline deadline) {
        run("stop units " + names, deadline, connection -> {
            listen(connection);
            for (var name : names) {
                try {
                    await(
                            connection,
                            name,
                            connection.call(SYSTEMD, OBJECT, MANAGER, "StopUnit", Body.of(name, "replace")));
                    connection.call(SYSTEMD, OBJECT, MANAGER, "ResetFailedUnit", Body.of(name));
                } catch (BusErrorException e) {
                    if (!e.name().equals(SYSTEMD + ".NoSuchUnit")) {
                        throw e;
                    }
                }
            }
        });
    }

    /** What systemd says of its version. */
    public String version(Deadline deadline) {
        var version = new String[1];
        run(
                "ask systemd for its version",
                deadline,
                connection -> version[0] = connection
                        .call(SYSTEMD, OBJECT, "org.freedesktop.DBus.Properties", "Get", Body.of(MANAGER, "Version"))
                        .variantText());
        return version[0];
    }

    /** systemd sends signals only if somebody has subscribed, and forgets that with the connection. */
    private static void listen(Bus connection) throws IOException {
        connection.match(JOBS);
        connection.call(SYSTEMD, OBJECT, MANAGER, "Subscribe", new Body());
    }

    private static void await(Bus connection, String name, Reader answer) throws IOException {
        var job = answer.text();
        var result = new String[1];
        connection.awaitSignal("JobRemoved", signal -> {
            signal.unsigned32();
            boolean ours = signal.text().equals(job);
            signal.text();
            result[0] = signal.text();
            return ours;
        });
        if (!result[0].equals("done")) {
            throw new CarafeException.Internal("unit " + name + ": its job ended as \"" + result[0]
                    + "\"; systemctl status " + name + " tells more");
        }
    }

    private interface Use {
        void of(Bus connection) throws IOException;
    }

    private void run(String action, Deadline deadline, Use use) {
        try (var connection = Bus.connect(bus, deadline)) {
            use.of(connection);
        } catch (BusErrorException e) {
            throw new CarafeException.Internal(action + ": systemd refuses: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new CarafeException.Unavailable(
                    action + ": " + e.getMessage() + "; is dbus running? the driver cgroupfs needs none", e);
        } catch (CarafeException e) {
            throw e.in(action);
        }
    }
}
