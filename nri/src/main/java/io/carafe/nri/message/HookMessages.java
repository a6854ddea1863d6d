package io.carafe.nri.message;

import io.carafe.base.CarafeException;
import io.carafe.nri.api.Hook;
import io.carafe.nri.api.OptionalInt;
import io.carafe.oci.runtime.Hooks;
import java.util.List;

/** Hooks as plugins read and write them. */
public final class HookMessages {

    private HookMessages() {}

    static io.carafe.nri.api.Hooks of(Hooks hooks) {
        return io.carafe.nri.api.Hooks.newBuilder()
                .addAllPrestart(of(hooks.prestart()))
                .addAllCreateRuntime(of(hooks.createRuntime()))
                .addAllCreateContainer(of(hooks.createContainer()))
                .addAllStartContainer(of(hooks.startContainer()))
                .addAllPoststart(of(hooks.poststart()))
                .addAllPoststop(of(hooks.poststop()))
                .build();
    }

    public static Hooks toOci(io.carafe.nri.api.Hooks message) {
        return new Hooks(
                toOci(message.getPrestartList()),
                toOci(message.getCreateRuntimeList()),
                toOci(message.getCreateContainerList()),
                toOci(message.getStartContainerList()),
                toOci(message.getPoststartList()),
                toOci(message.getPoststopList()));
    }

    private static List<Hook> of(List<Hooks.Hook> hooks) {
        return hooks.stream()
                .map(hook -> {
                    var message = Hook.newBuilder()
                            .setPath(hook.path())
                            .addAllArgs(hook.args())
                            .addAllEnv(hook.env());
                    if (hook.timeout() != null) {
                        message.setTimeout(OptionalInt.newBuilder().setValue(hook.timeout()));
                    }
                    return message.build();
                })
                .toList();
    }

    private static List<Hooks.Hook> toOci(List<Hook> messages) {
        return messages.stream()
                .map(message -> {
                    if (!message.getPath().startsWith("/")) {
                        throw new CarafeException.InvalidArgument(
                                "hook \"" + message.getPath() + "\": the path must be absolute");
                    }
                    var timeout = message.hasTimeout()
                            ? Math.toIntExact(message.getTimeout().getValue())
                            : null;
                    return new Hooks.Hook(message.getPath(), message.getArgsList(), message.getEnvList(), timeout);
                })
                .toList();
    }
}
