package io.carafe.engine.spec;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.ExecRequest;
import io.carafe.linux.fs.RootedDir;
import io.carafe.oci.runtime.ProcessSpec;
import io.carafe.oci.runtime.Spec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A further process of a container, made from its first one and what the request says otherwise. */
public final class ExecProcess {

    /** What it needs of the container's config.json; the rest, most of it names of system calls, is only skimmed. */
    public record Container(ProcessSpec process, Spec.Root root) {}

    private ExecProcess() {}

    public static ProcessSpec of(Container container, ExecRequest request, boolean terminal) {
        if (request.command().isEmpty()) {
            throw new CarafeException.InvalidArgument("exec: the command is empty");
        }
        var first = container.process().forExec(request.command(), terminal);
        var user = request.user().isEmpty() ? first.user() : user(container, request.user(), first.user());
        var env = new LinkedHashMap<String, String>();
        first.env().forEach(variable -> put(env, variable));
        request.environment().forEach(variable -> put(env, variable));
        var process = first.toBuilder();
        process.user = user;
        process.env = env.entrySet().stream()
                .map(variable -> variable.getKey() + "=" + variable.getValue())
                .toList();
        if (!request.workingDirectory().isEmpty()) {
            process.cwd = request.workingDirectory();
        }
        return process.build();
    }

    private static void put(Map<String, String> env, String variable) {
        int equals = variable.indexOf('=');
        if (equals < 1) {
            throw new CarafeException.InvalidArgument("exec: variable \"" + variable + "\" is not NAME=VALUE");
        }
        env.put(variable.substring(0, equals), variable.substring(equals + 1));
    }

    /** Looked up in the container's account files. */
    private static ProcessSpec.User user(Container container, String wanted, ProcessSpec.User first) {
        try (var rootfs = RootedDir.open(Path.of(container.root().path()))) {
            var user = UserResolver.of(rootfs).resolve(Security.NONE, wanted);
            return new ProcessSpec.User(user.uid(), user.gid(), first.umask(), user.supplementalGroups());
        } catch (IOException e) {
            throw new CarafeException.Internal("exec: look up user " + wanted + ": " + e.getMessage(), e);
        }
    }
}
