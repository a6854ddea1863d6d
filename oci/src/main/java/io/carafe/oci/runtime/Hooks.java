package io.carafe.oci.runtime;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.carafe.base.CarafeException;
import java.util.List;

/** Programs that a runtime runs at fixed points of a container's life (runtime-spec, config, "POSIX-platform Hooks"). */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Hooks(
        List<Hook> prestart,
        List<Hook> createRuntime,
        List<Hook> createContainer,
        List<Hook> startContainer,
        List<Hook> poststart,
        List<Hook> poststop) {

    public Hooks {
        prestart = Checks.list(prestart);
        createRuntime = Checks.list(createRuntime);
        createContainer = Checks.list(createContainer);
        startContainer = Checks.list(startContainer);
        poststart = Checks.list(poststart);
        poststop = Checks.list(poststop);
    }

    /**
     * @param path absolute
     * @param args argv, the program's name first; empty means the path alone
     * @param timeout seconds, more than zero; null for no limit
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Hook(String path, List<String> args, List<String> env, Integer timeout) {
        public Hook {
            Checks.present(path, "path of a hook");
            args = Checks.list(args);
            env = Checks.list(env);
            if (timeout != null && timeout <= 0) {
                throw new CarafeException.InvalidArgument("hook " + path + ": timeout " + timeout + " is not positive");
            }
        }
    }
}
