package io.carafe.runtime.oci;

import io.carafe.base.CarafeException;
import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.oci.runtime.ProcessSpec.Capabilities;
import io.carafe.oci.runtime.ProcessSpec.User;
import io.carafe.oci.runtime.Spec;
import io.carafe.oci.runtime.SpecReader;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What runc's {@code exec} takes: a process as a document, or the container's own with changes. */
final class ExecFlags {

    private static final Set<String> VALUED = Set.of(
            "console-socket",
            "pidfd-socket",
            "cwd",
            "env",
            "e",
            "user",
            "u",
            "additional-gids",
            "g",
            "process",
            "p",
            "pid-file",
            "process-label",
            "apparmor",
            "cap",
            "c",
            "preserve-fds",
            "cgroup");
    private static final Set<String> SWITCHES =
            Set.of("tty", "t", "detach", "d", "no-new-privs", "ignore-paused", "no-new-keyring", "no-subreaper");

    private ExecFlags() {}

    /** The process that {@code FLAGS ID ARGS} ask for in a container of this configuration. */
    static ProcessSpec process(List<String> words, Spec spec, InputStream in) throws IOException {
        var line = parse(words);
        var document = line.value("process").or(() -> line.value("p"));
        if (document.isPresent()) {
            return SpecReader.process(OciCompile.document(document, in), document.get());
        }
        if (line.rest().size() < 2) {
            throw new CarafeException.InvalidArgument("exec: \"ID COMMAND\" or --process is missing");
        }
        if (spec.process() == null) {
            throw new CarafeException.InvalidArgument(
                    "exec: the container has no process to take after; use --process");
        }
        var own = spec.process();
        var args = line.rest().subList(1, line.rest().size());
        var process = own.toBuilder();
        process.terminal = line.isOn("tty") || line.isOn("t");
        process.user = user(line, own.user());
        process.args = args.getFirst().equals("--") ? args.subList(1, args.size()) : args;
        process.env = joined(own.env(), line.all("env", "e"));
        process.cwd = line.value("cwd").orElse(own.cwd());
        process.capabilities = capabilities(own.capabilities(), line.all("cap", "c"));
        if (line.value("no-new-privs").isPresent()) {
            process.noNewPrivileges = line.isOn("no-new-privs");
        }
        process.apparmorProfile = line.value("apparmor").orElse(own.apparmorProfile());
        process.selinuxLabel = line.value("process-label").orElse(own.selinuxLabel());
        return process.build();
    }

    private static CommandLine parse(List<String> words) {
        return CommandLine.parse(words, VALUED, SWITCHES, true);
    }

    /** {@code --cgroup PATH} or {@code --cgroup CONTROLLER[,CONTROLLER]:PATH}: paths by controller, "" for all. */
    static Map<String, String> cgroups(List<String> words) {
        var given = parse(words).all("cgroup");
        var paths = new LinkedHashMap<String, String>();
        for (var argument : given) {
            int colon = argument.indexOf(':');
            if (colon < 0 && given.size() > 1) {
                throw new CarafeException.InvalidArgument(
                        "invalid --cgroup argument: " + argument + " (missing <controller>: prefix)");
            }
            for (var controller : argument.substring(0, Math.max(colon, 0)).split(",", -1)) {
                if (colon >= 0 && controller.isEmpty()) {
                    throw new CarafeException.InvalidArgument(
                            "invalid --cgroup argument: " + argument + " (empty <controller> prefix)");
                }
                if (paths.put(controller, argument.substring(colon + 1)) != null) {
                    throw new CarafeException.InvalidArgument(
                            "invalid --cgroup argument(s): controller " + controller + " specified multiple times");
                }
            }
        }
        return paths;
    }

    /** {@code UID[:GID]}, and groups beside it. */
    private static User user(CommandLine line, User own) {
        var base = own == null ? new User(0, 0, null, List.of()) : own;
        var groups = new ArrayList<>(base.additionalGids());
        line.all("additional-gids", "g").forEach(group -> groups.add(number(group, "additional-gids")));
        var given = line.value("user").or(() -> line.value("u"));
        if (given.isEmpty()) {
            return new User(base.uid(), base.gid(), base.umask(), groups);
        }
        var parts = given.get().split(":", 2);
        long gid = parts.length > 1 ? number(parts[1], "user") : base.gid();
        return new User(number(parts[0], "user"), gid, base.umask(), groups);
    }

    private static long number(String value, String flag) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new CarafeException.InvalidArgument("exec: --" + flag + ": \"" + value + "\" is no number", e);
        }
    }

    /** Never inheritable: what was not the container's would pass through programs with inheritable bits (CVE-2022-29162). */
    private static Capabilities capabilities(Capabilities own, List<String> more) {
        if (more.isEmpty()) {
            return own;
        }
        var base = own == null ? new Capabilities(null, null, null, null, null) : own;
        return new Capabilities(
                joined(base.bounding(), more),
                joined(base.effective(), more),
                base.inheritable(),
                joined(base.permitted(), more),
                base.inheritable().isEmpty() ? base.ambient() : joined(base.ambient(), more));
    }

    private static List<String> joined(List<String> first, List<String> second) {
        var all = new LinkedHashSet<>(first);
        all.addAll(second);
        return List.copyOf(all);
    }
}
